import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, matchesGlob } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

/**
 * The fixtures are a small repository of their own, linted with the real configuration. A line ends in
 * `expect: code(rule) words of its advice` for each complaint it must raise; a line without raises none.
 * They end in `.txt` so that no tool takes them for code where they lie.
 */
const root = fileURLToPath(new URL('../../', import.meta.url))
const sandbox = await mkdtemp(join(tmpdir(), 'pharos-lint-'))
after(() => rm(sandbox, { recursive: true, force: true }))

type Complaint = { file: string; line: number; code: string; advice: string }
type Diagnostic = {
  filename: string
  message: string
  code?: string
  help?: string
  labels: { span: { line: number } }[]
}
type RuleOptions = { message?: string; patterns?: { message: string }[] }
type Rules = Record<string, string | [string, ...RuleOptions[]]>
type Config = { rules: Rules; overrides: { files: string[]; rules: Rules }[] }

const layOut = async (): Promise<string[]> => {
  const fixtures = new URL('fixtures/', import.meta.url)
  const files = (await readdir(fixtures, { recursive: true })).filter((file) => file.endsWith('.txt'))
  for (const file of files) await cp(new URL(file, fixtures), join(sandbox, file.slice(0, -4)))
  for (const file of ['.oxlintrc.json', 'tsconfig.json']) await cp(join(root, file), join(sandbox, file))
  await symlink(join(root, 'node_modules'), join(sandbox, 'node_modules'))
  return files.map((file) => file.slice(0, -4)).toSorted()
}

const lint = (): Promise<Complaint[]> =>
  new Promise((resolve, reject) => {
    const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
    const args = [oxlint, '--format=json', 'platform', 'services', 'deploy', 'observability']
    execFile(process.execPath, args, { cwd: sandbox, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      if (error?.code !== 1) return reject(new Error(`oxlint did not refuse the fixtures: ${stdout}${stderr}`))
      const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] }
      resolve(
        diagnostics.map(({ filename, message, code = 'unused-directive', help = '', labels }) => ({
          file: filename,
          line: labels[0]?.span.line ?? 0,
          code,
          advice: `${message} ${help}`,
        })),
      )
    })
  })

const expectedIn = async (file: string): Promise<Complaint[]> => {
  const lines = (await readFile(join(sandbox, file), 'utf8')).split('\n')
  return lines.flatMap((text, index) =>
    [...(/expect: (.*)/.exec(text)?.[1] ?? '').matchAll(/([a-z]+\([a-z-]+\)|unused-directive)([^,]*)/g)].map(
      ([, code = '', advice = '']) => ({ file, line: index + 1, code, advice: advice.trim() }),
    ),
  )
}

const spell = (complaints: Complaint[]): string[] => complaints.map(({ line, code }) => `${line} ${code}`).toSorted()

/** Every sentence the configuration gives to one rule. */
const advicesOf = (setting: Rules[string] | undefined): string[] => {
  if (!Array.isArray(setting)) return []
  const [, ...options] = setting
  return options
    .flatMap(({ message, patterns = [] }) => [message, ...patterns.map((pattern) => pattern.message)])
    .filter((message) => message !== undefined)
}

const files = await layOut()
const expectations = await Promise.all(files.map(async (file) => ({ file, expected: await expectedIn(file) })))
const complaints = await lint()
const config = JSON.parse(
  (await readFile(join(root, '.oxlintrc.json'), 'utf8')).replaceAll(/^\s*\/\/.*$/gm, ''),
) as Config

for (const { file, expected } of expectations) {
  test(`${file} ${expected.length === 0 ? 'is clean' : 'is refused on the lines that say so, by those rules'}`, () => {
    const found = complaints.filter((complaint) => complaint.file === file)
    assert.deepEqual(spell(found), spell(expected))
    for (const { line, code, advice } of expected) {
      assert.ok(
        found.some((one) => one.line === line && one.code === code && one.advice.includes(advice)),
        `line ${line}: ${code} should advise: ${advice}`,
      )
    }
  })
}

test('every rule that the configuration switches on bites in some fixture', () => {
  const on = [config, ...config.overrides].flatMap(({ rules }) =>
    Object.entries(rules).flatMap(([name, setting]) => (setting === 'off' ? [] : [name])),
  )
  const bitten = new Set(complaints.map(({ code }) => code.replace(/\((.*)\)/, '/$1')))
  assert.deepEqual(
    [...new Set(on)].filter((rule) => !bitten.has(rule)),
    [],
  )
})

test('every sentence about a layer is given to some fixture of that layer', () => {
  const silent = config.overrides.flatMap(({ files: globs, rules }, index) =>
    Object.entries(rules).flatMap(([rule, setting]) => {
      const isGivenHere = ({ file, code }: Complaint): boolean =>
        code.replace(/\((.*)\)/, '/$1') === rule &&
        globs.some((glob) => matchesGlob(file, glob)) &&
        !config.overrides
          .slice(index + 1)
          .some((later) => later.rules[rule] !== undefined && later.files.some((glob) => matchesGlob(file, glob)))
      const given = complaints.filter(isGivenHere).map(({ advice }) => advice)
      return advicesOf(setting).flatMap((advice) =>
        given.some((text) => text.includes(advice)) ? [] : [`${globs.join(' ')}: ${advice}`],
      )
    }),
  )
  assert.deepEqual(silent, [])
})
