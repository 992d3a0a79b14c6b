import { spawn } from 'node:child_process'
import { glob } from 'node:fs/promises'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from './cache.ts'
import { Failure, sentenceOf } from './failure.ts'
import { requireProgram } from './programs.ts'
import { say } from './progress.ts'
import { givenStores, startStores, storeEnvironment, type Stores } from './stores.ts'
import { temporaryHome } from './temporary-home.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const WATCHDOG = new URL('test-watchdog.ts', import.meta.url).href
const TIMEOUT_MS = 120_000

const testFiles = async (): Promise<string[]> => {
  const files: string[] = []
  const pattern = '{platform,services,deploy,observability}/**/*.test.ts'
  for await (const file of glob(pattern, { cwd: ROOT, exclude: ['**/node_modules/**', '**/.pharos/**'] }))
    files.push(file)
  return files.toSorted()
}

/** Words that are part of a file's path choose files; any other word chooses tests by name. */
export const select = (files: readonly string[], words: readonly string[]): { files: string[]; names: string[] } => {
  const names = words.filter((word) => !files.some((file) => file.includes(word)))
  const paths = words.filter((word) => !names.includes(word))
  return { files: files.filter((file) => paths.length === 0 || paths.some((path) => file.includes(path))), names }
}

/** Rules and routes are tested by the programs that read them; installed first where they are missing and the user is root. */
const requireTools = async (files: readonly string[]): Promise<void> => {
  if (!files.some((file) => /^observability\/(prometheus|alertmanager)\//.test(file))) return
  const packages = ['prometheus', 'prometheus-alertmanager']
  const purpose = 'What tests rules and routes (promtool, amtool)'
  for (const program of ['promtool', 'amtool'])
    await requireProgram({ programs: [program], packages, purpose }, say, 'test')
}

const runTests = (files: readonly string[], names: readonly string[], stores: Stores): Promise<number> =>
  new Promise((resolve) => {
    const options = ['--test-reporter=spec', '--test-concurrency=2', `--test-timeout=${TIMEOUT_MS}`]
    const patterns = names.map((name) => `--test-name-pattern=${name}`)
    const child = spawn(process.execPath, ['--import', WATCHDOG, '--test', ...options, ...patterns, ...files], {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, ...storeEnvironment(stores.urls), PHAROS_CACHE: cacheFolder(process.env) },
    })
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
    process.on('SIGTERM', pass).on('SIGINT', pass).on('SIGHUP', pass)
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })

const main = async (words: readonly string[]): Promise<number> => {
  const { files, names } = select(await testFiles(), words)
  // Given no file, Node's runner would look for some by itself.
  if (files.length === 0) throw new Failure('There are no *.test.ts files to run.')
  await requireTools(files)
  await using home = await temporaryHome()
  await using stores = await startStores({ home: home.path, given: givenStores(process.env), say })
  return await runTests(files, names, stores)
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2).filter((word) => word !== ''))
  } catch (error) {
    process.stderr.write(`✖ ${sentenceOf(error)}\n`)
    process.exitCode = 1
  }
}
