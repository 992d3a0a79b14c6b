import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { cached, cacheFolder } from '../cache.ts'
import { Failure, toolFailure } from '../failure.ts'
import { ManagedProcess } from '../managed-process.ts'
import { freePort } from '../ports.ts'
import { findProgram, requireProgram } from '../programs.ts'
import { silent, type Say } from '../progress.ts'
import { answersOk, serverOf, type Server } from './server.ts'

export type BugsinkOptions = {
  dataDir: string
  logFile: string
  port?: number | undefined
  pidFile?: string | undefined
  /** The password of the user `admin`; the keys of sessions and of the DSN are made from it. */
  secret: string
  /** Told of new and of returned issues; on 127.0.0.1. */
  webhookUrl: string
  say?: Say
}

const VERSION = '2.6.2'
const ERRORS = fileURLToPath(new URL('../../../observability/errors', import.meta.url))

const derived = (purpose: string, secret: string): string =>
  createHash('sha256').update(`bugsink ${purpose} ${secret}`).digest('hex')

const dsnKey = (secret: string): string => derived('dsn', secret).slice(0, 32)

/** Where a client of the Sentry protocol sends its errors, known before the server runs. */
export const bugsinkDsn = (secret: string, port: number): string => `http://${dsnKey(secret)}@127.0.0.1:${port}/1`

const findPython = async (say: Say): Promise<{ python: string; build: string }> => {
  const needed = {
    programs: ['python3'],
    packages: ['python3', 'python3-venv'],
    purpose: 'Python 3.11 or newer (for Bugsink)',
  }
  const python = await requireProgram(needed, say, 'bugsink')
  const script = 'import sys; print(sys.version_info >= (3, 11), sys.executable, sys.version); import ensurepip, venv'
  const { stdout, failed } = await execa(python, ['-c', script], { reject: false })
  if (!stdout.startsWith('True')) {
    throw new Failure(`Bugsink needs Python 3.11 or newer, but ${python} is older; errors are kept by the spool alone.`)
  }
  if (failed) {
    throw new Failure(
      'Python cannot make virtual environments: run "sudo apt-get install -y python3-venv", then start again.',
    )
  }
  return { python, build: createHash('sha256').update(stdout).digest('hex').slice(0, 8) }
}

const pythonOf = (home: string): string => join(home, 'venv/bin/python')

type Place = { home: string; dataDir: string; url: string; options: Pick<BugsinkOptions, 'secret' | 'webhookUrl'> }

const environmentOf = ({ dataDir, url, options }: Place): Record<string, string> => ({
  PYTHONPATH: ERRORS,
  PYTHONDONTWRITEBYTECODE: '1',
  DJANGO_SETTINGS_MODULE: 'bugsink_conf',
  DATABASE_PATH: join(dataDir, 'db.sqlite3'),
  SNAPPEA_DATABASE_PATH: join(dataDir, 'snappea.sqlite3'),
  BUGSINK_INGEST_FOLDER: join(dataDir, 'ingestion'),
  BUGSINK_URL: url,
  BUGSINK_SECRET_KEY: derived('sessions', options.secret),
  BUGSINK_PASSWORD: options.secret,
  BUGSINK_DSN_KEY: dsnKey(options.secret),
  BUGSINK_WEBHOOK_URL: options.webhookUrl,
})

const runPython = async (what: string, place: Place, args: readonly string[]): Promise<void> => {
  const env = environmentOf(place)
  const result = await execa(pythonOf(place.home), args, { cwd: place.dataDir, env, reject: false, all: true })
  if (result.failed) throw toolFailure(what, result.all)
}

const migrate = async (place: Place): Promise<void> => {
  await mkdir(place.dataDir, { recursive: true })
  for (const database of ['default', 'snappea']) {
    const command = ['migrate', `--database=${database}`, '--verbosity=0']
    await runPython('Preparing the Bugsink database', place, ['-m', 'bugsink.scripts.manage', ...command])
  }
}

const install = async (python: string, home: string, say: Say): Promise<void> => {
  say('bugsink', `fetching Bugsink ${VERSION} (PyPI), once`)
  const steps = [
    [python, '-m', 'venv', join(home, 'venv')],
    [pythonOf(home), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `bugsink==${VERSION}`],
  ]
  for (const [command = '', ...args] of steps) {
    const result = await execa(command, args, { reject: false, all: true, timeout: 300_000 })
    if (result.failed) throw toolFailure('Fetching Bugsink (pip)', result.all)
  }
}

const runtimeFolder = (build: string): string => join(cacheFolder(process.env), `bugsink-${VERSION}-${build}`)

const runtime = async (say: Say): Promise<string> => {
  const { python, build } = await findPython(say)
  return cached(runtimeFolder(build), async (home) => {
    await install(python, home, say)
    // Migrated once and then copied: it takes longer than everything else in a start.
    say('bugsink', 'preparing its database, once')
    const options = { secret: 'none', webhookUrl: 'http://127.0.0.1' }
    await migrate({ home, dataDir: join(home, 'migrated'), url: 'http://127.0.0.1', options })
  })
}

/** Whether a start would find everything in the cache: tests do not fetch. */
export const isBugsinkFetched = async (): Promise<boolean> => {
  if (findProgram('python3') === undefined) return false
  return findPython(silent).then(
    ({ build }) => existsSync(runtimeFolder(build)),
    () => false,
  )
}

const prepareData = async (place: Place): Promise<void> => {
  const version = join(place.dataDir, 'version')
  if (!existsSync(version)) await cp(join(place.home, 'migrated'), place.dataDir, { recursive: true })
  else if ((await readFile(version, 'utf8')) !== VERSION) await migrate(place)
  await writeFile(version, VERSION)
}

/** Starts Bugsink with one user, one project and an alert to the webhook. `dsn` is where errors are sent. */
export const startBugsink = async (options: BugsinkOptions): Promise<Server & { dsn: string }> => {
  const home = await runtime(options.say ?? silent)
  const port = options.port ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  const place: Place = { home, dataDir: options.dataDir, url, options }
  await prepareData(place)
  await runPython('Provisioning Bugsink', place, [join(ERRORS, 'provision.py')])
  const sizes = ['--workers', '1', '--threads', '4', '--no-control-socket', '--log-level', 'warning']
  const server = new ManagedProcess({
    name: 'bugsink',
    command: pythonOf(home),
    // By module: the programs of a virtual environment name the folder it was made in.
    args: ['-m', 'gunicorn', 'bugsink.wsgi', '--bind', `127.0.0.1:${port}`, ...sizes],
    env: environmentOf(place),
    cwd: options.dataDir,
    logFile: options.logFile,
    pidFile: options.pidFile,
    ready: () => answersOk(`${url}/health/ready`),
  })
  await server.start()
  return { ...serverOf(server, url, port), dsn: bugsinkDsn(options.secret, port) }
}
