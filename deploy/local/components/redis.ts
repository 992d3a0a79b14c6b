import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ManagedProcess } from '../managed-process.ts'
import { freePort } from '../ports.ts'
import { requireProgram } from '../programs.ts'
import { silent, type Say } from '../progress.ts'
import { exchange, serverOf, type Server } from './server.ts'

export type RedisOptions = {
  dataDir: string
  password: string
  logFile: string
  port?: number | undefined
  pidFile?: string | undefined
  /** false: nothing is written to disk (tests). */
  durable?: boolean | undefined
  say?: Say
}

// What lives here can be lost, but a revoked session should not come back to life with a restart: an append-only file
// flushed each second survives `kill -9` whole and costs next to nothing beside the network. Everything has a time to
// live, and revocations have the longest, so `volatile-ttl` drops cached copies and counters before them.
const configuration = (options: RedisOptions, port: number): string =>
  [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${options.dataDir}`,
    `requirepass ${options.password}`,
    'daemonize no',
    'save ""',
    `appendonly ${options.durable === false ? 'no' : 'yes'}`,
    'appendfsync everysec',
    'maxmemory 128mb',
    'maxmemory-policy volatile-ttl',
    'latency-monitor-threshold 25',
    '',
  ].join('\n')

const pong = async (port: number, password: string): Promise<void> => {
  const answer = await exchange(port, Buffer.from(`AUTH ${password}\r\nPING\r\n`))
  if (answer.toString().startsWith('+OK')) return
  throw new Error(answer.toString().split('\r\n')[0])
}

/** Starts redis-server (installed first when it is missing and the user is root) with a password. */
export const startRedis = async (options: RedisOptions): Promise<Server> => {
  const needed = { programs: ['redis-server'], packages: ['redis-server'], purpose: 'Redis' }
  const command = await requireProgram(needed, options.say ?? silent, 'redis')
  const port = options.port ?? (await freePort())
  await mkdir(options.dataDir, { recursive: true })
  // In a file, because every user of the machine can read a command line.
  const file = join(options.dataDir, 'redis.conf')
  await writeFile(file, configuration(options, port), { mode: 0o600 })
  const server = new ManagedProcess({
    name: 'redis',
    command,
    args: [file],
    logFile: options.logFile,
    pidFile: options.pidFile,
    ready: () => pong(port, options.password),
  })
  await server.start()
  return serverOf(server, `redis://:${encodeURIComponent(options.password)}@127.0.0.1:${port}`, port)
}
