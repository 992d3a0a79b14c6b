import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { cacheFolder, withLock } from './cache.ts'
import { Failure, toolFailure } from './failure.ts'
import { guarded } from './managed-process.ts'
import { findProgram } from './programs.ts'

export type GoProgram = {
  /** Of the file in the cache, and of the part that wants it. */
  name: string
  /** As its makers call it. */
  title: string
  version: string
  /** The main package. */
  package: string
  /** Whatever decides what is built, beside name and version: another recipe makes another binary. */
  recipe: string
  /** Fills the folder with go.mod, go.sum and sources, with the Go in `go`. */
  prepare: (go: Go) => Promise<void>
  /** Values set at link time, by the full name of their variable. */
  values?: Readonly<Record<string, string>>
  /** Build tags, separated by commas. */
  tags?: string
  /** Further flags of the linker. */
  linkerFlags?: string
  /** Some of it is C, for which there has to be a compiler. */
  cgo?: true
}

export type Go = {
  folder: string
  /** Runs Go, or a program that was made with it; resolves with what it printed. */
  run: (args: readonly string[], o?: { program?: string; env?: Record<string, string> }) => Promise<string>
}

const PASSED_ON = /^(GOPROXY|GONOSUMDB|GONOSUMCHECK|GOSUMDB|GOFLAGS|GOINSECURE|https?_proxy|no_proxy|SSL_CERT_.*)$/i

// A go.mod may ask for a newer Go than the machine's, which Go then fetches by itself.
const environmentOf = (folder: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? folder,
  ...Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => PASSED_ON.test(entry[0])),
  ),
  CGO_ENABLED: '0',
  GOMODCACHE: join(folder, 'modules'),
  GOCACHE: join(folder, 'compiled'),
  GOBIN: join(folder, 'bin'),
})

type RunOptions = { what: string; env?: Record<string, string> | undefined; onLine?: (line: string) => void }

// At the lowest priority, which its own children inherit: the build takes what the platform leaves over.
const run = (command: string, args: readonly string[], folder: string, { what, env, onLine }: RunOptions) =>
  new Promise<string>((resolve, reject) => {
    const child = spawn(...guarded(command, args), {
      cwd: folder,
      env: { ...environmentOf(folder), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW)
    const stop = (): void => void child.kill()
    process.once('exit', stop)
    let output = ''
    let tail = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        tail = (tail + text).slice(-4000)
        for (const line of text.split('\n')) if (line !== '') onLine?.(line)
      })
    }
    child.once('error', reject)
    child.once('close', (code) => {
      process.off('exit', stop)
      if (code === 0) resolve(output)
      else reject(toolFailure(what, tail))
    })
  })

const MODULES = ['-mod=mod', '-modcacherw']

const build = async (o: GoProgram, go: string, folder: string, note: (message: string) => void): Promise<string> => {
  await mkdir(folder, { recursive: true })
  const what = `Building ${o.title} (Go)`
  note(`building ${o.title} ${o.version} with Go, once, in the background (some minutes)`)
  await o.prepare({ folder, run: (args, { program = go, env } = {}) => run(program, args, folder, { what, env }) })
  const env = { CGO_ENABLED: o.cgo === true ? '1' : '0' }
  const common = o.tags === undefined ? MODULES : [...MODULES, '-tags', o.tags]
  const list = ['list', ...common, '-deps', '-f', '{{if not .Standard}}{{.ImportPath}}{{end}}', o.package]
  const total = (await run(go, list, folder, { what, env })).split('\n').filter((line) => line !== '').length
  let compiled = 0
  let told = 0
  const onLine = (line: string): void => {
    if (line.startsWith('go: ') || !line.includes('.')) return
    compiled += 1
    const percent = Math.min(99, Math.floor((compiled / total) * 100))
    if (percent < told + 20) return
    told = percent
    note(`building, ${percent} %`)
  }
  const values = Object.entries(o.values ?? {}).map(([name, value]) => ` -X ${name}=${value}`)
  const linker = ['-s -w', o.linkerFlags ?? ''].join(' ').trimEnd() + values.join('')
  const flags = [...common, '-trimpath', '-buildvcs=false', `-ldflags=${linker}`, '-v']
  await run(go, ['build', ...flags, '-o', o.name, o.package], folder, { what, env, onLine })
  return join(folder, o.name)
}

/** Where the program lies once it has been built. */
export const goBinaryPath = ({ name, version, recipe }: Pick<GoProgram, 'name' | 'version' | 'recipe'>): string => {
  const hash = createHash('sha256').update(recipe).digest('hex').slice(0, 8)
  return join(cacheFolder(process.env), `${name}-${version}-${hash}`)
}

/** The program, from the cache or built first; throws a Failure where there is no Go. */
export const goBinary = async (program: GoProgram, note: (message: string) => void): Promise<string> => {
  const binary = goBinaryPath(program)
  if (existsSync(binary)) return binary
  const go = findProgram('go') ?? (existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : undefined)
  if (go === undefined) {
    throw new Failure(
      `${program.title} is built with Go 1.24 or newer, which is not here: install it, then start again.`,
    )
  }
  return withLock(`${binary}.lock`, async () => {
    if (existsSync(binary)) return binary
    // Kept when the build is broken off, so that the next one goes on from there.
    const folder = `${binary}.build`
    await rename(await build(program, go, folder, note), binary)
    await rm(folder, { recursive: true, force: true })
    return binary
  })
}

type ModuleFile = {
  Go: string
  Require: readonly { Path: string; Version: string }[] | null
  Replace: readonly { Old: { Path: string; Version?: string }; New: { Path: string; Version?: string } }[] | null
}

const isLocal = (path: string): boolean => path.startsWith('./') || path.startsWith('../')

/**
 * A module around a main package of another one, with the same versions, replacements and checksums: `go install` refuses
 * modules that replace others. `sums` pins what the checksum database does not know.
 */
export const wrapModule = async (
  { folder, run: go }: Go,
  o: { module: string; version: string; package: string; sums?: string },
): Promise<void> => {
  const at = ({ Path, Version }: { Path: string; Version?: string }): string =>
    Version === undefined ? Path : `${Path} ${Version}`
  await writeFile(join(folder, 'go.mod'), 'module wrapped\n')
  await writeFile(join(folder, 'go.sum'), o.sums ?? '')
  const download = JSON.parse(await go(['mod', 'download', '-modcacherw', '-json', `${o.module}@${o.version}`])) as {
    Dir: string
  }
  const file = JSON.parse(await go(['mod', 'edit', '-json', join(download.Dir, 'go.mod')])) as ModuleFile
  const lines = [
    'module wrapped',
    `go ${file.Go}`,
    `require ${o.module} ${o.version}`,
    ...(file.Require ?? []).map((needed) => `require ${at(needed)}`),
    ...(file.Replace ?? [])
      .filter(({ New }) => !isLocal(New.Path))
      .map(({ Old, New }) => `replace ${at(Old)} => ${at(New)}`),
  ]
  await writeFile(join(folder, 'go.mod'), `${lines.join('\n')}\n`)
  await copyFile(join(download.Dir, 'go.sum'), join(folder, 'go.sum.theirs'))
  const sums = await readFile(join(folder, 'go.sum.theirs'), 'utf8')
  await writeFile(join(folder, 'go.sum'), `${sums.trimEnd()}\n${o.sums ?? ''}`)
  await writeFile(join(folder, 'needed.go'), `//go:build needed\n\npackage needed\n\nimport _ "${o.package}"\n`)
}
