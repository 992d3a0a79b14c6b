import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startKafka } from './components/kafka.ts'
import { startPostgres } from './components/postgres.ts'
import { startRedis } from './components/redis.ts'
import type { Server } from './components/server.ts'
import { silent, type Say } from './progress.ts'
import { together } from './together.ts'

export type StoreName = 'postgres' | 'redis' | 'kafka'
export const STORES: readonly StoreName[] = ['postgres', 'redis', 'kafka']

/** Addresses of the three stores; PostgreSQL's is that of a superuser. */
export type StoreUrls = { postgres: string; redis: string; kafka: string }

export type Stores = AsyncDisposable & {
  urls: StoreUrls
  /** Those that were started here, not those that were given. */
  servers: readonly Server[]
  stop(): Promise<void>
}

export const storeEnvironment = (urls: StoreUrls): Record<string, string> => ({
  POSTGRES_URL: urls.postgres,
  REDIS_URL: urls.redis,
  KAFKA_BROKERS: urls.kafka,
})

export const givenStores = (env: NodeJS.ProcessEnv): Partial<StoreUrls> => ({
  ...(env['POSTGRES_URL'] && { postgres: env['POSTGRES_URL'] }),
  ...(env['REDIS_URL'] && { redis: env['REDIS_URL'] }),
  ...(env['KAFKA_BROKERS'] && { kafka: env['KAFKA_BROKERS'] }),
})

const timed = async (say: Say, name: string, start: () => Promise<Server>): Promise<Server> => {
  const begun = performance.now()
  const server = await start()
  say(name, `ready on port ${server.port} after ${((performance.now() - begun) / 1000).toFixed(1)} s`)
  return server
}

/**
 * Starts the three stores in parallel on free ports with throw-away data below `home` (no fsync: this is for tests and
 * measurements). A store whose address is given is not started.
 */
export const startStores = async (o: { home: string; given?: Partial<StoreUrls>; say?: Say }): Promise<Stores> => {
  const { home, given = {}, say = silent } = o
  await mkdir(home, { recursive: true })
  const place = (name: StoreName) => ({ dataDir: join(home, name), logFile: join(home, `${name}.log`), say })
  const password = (): string => randomBytes(18).toString('hex')
  const starting = {
    postgres: () => startPostgres({ ...place('postgres'), password: password(), durable: false }),
    redis: () => startRedis({ ...place('redis'), password: password(), durable: false }),
    kafka: () => startKafka(place('kafka')),
  }
  const missing = STORES.filter((name) => given[name] === undefined)
  await using stack = new AsyncDisposableStack()
  const servers = await together(missing.map(async (name) => stack.use(await timed(say, name, starting[name]))))
  const urlOf = (name: StoreName): string => given[name] ?? servers.find((server) => server.name === name)?.url ?? ''
  const urls = { postgres: urlOf('postgres'), redis: urlOf('redis'), kafka: urlOf('kafka') }
  const held = stack.move()
  const stop = (): Promise<void> => held.disposeAsync()
  return { urls, servers, stop, [Symbol.asyncDispose]: stop }
}
