import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { startRedis } from '../local/components/redis.ts'
import { exchange, type Server } from '../local/components/server.ts'
import type { Say } from '../local/progress.ts'
import { SERVICE_NAMES, type ServiceName } from '../local/services.ts'
import { startStores, STORES, type StoreName, type Stores } from '../local/stores.ts'
import { startSystem, type System } from '../local/system.ts'
import type { Profiles, Social } from './scenario.ts'
import { seedSocial, SOCIAL_PEOPLE } from './seed-social.ts'
import { registerAccounts, seedProfiles } from './seed.ts'
import { VARIANTS, type VariantName } from './variants.ts'

export type ProcessName = ServiceName | StoreName
export const PROCESSES: readonly ProcessName[] = [...SERVICE_NAMES, ...STORES]

/** The services of one variant, with databases, topics and a Redis of their own on shared PostgreSQL and Kafka servers. */
export type VariantSystem = {
  variant: VariantName
  /** Of the gateway. */
  url: string
  services: System['services']
  pids: () => Readonly<Record<ProcessName, number>>
  databases: System['databases']
  profiles: Profiles
  social: Social | undefined
  emptyRedis(): Promise<void>
  emptyLogs(): void
}

export type BenchSystem = AsyncDisposable & { variants: readonly VariantSystem[] }

type Options = {
  home: string
  variants: readonly VariantName[]
  connections: number
  /** People, posts, follows and notifications are asked for. */
  social: boolean
  /** Port of the receiver of spans and error events. */
  sinkPort: number
  say: Say
}

const pidOf = (server: Server | undefined): number => server?.process.pid ?? 0

const environment = (variant: VariantName, sinkPort: number): Record<string, string> => ({
  RATE_LIMIT: 'off',
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sinkPort}`,
  SENTRY_DSN: `http://key@127.0.0.1:${sinkPort}/1`,
  ...VARIANTS[variant].env,
})

const startVariant = async (
  { home, connections, social, sinkPort, say }: Options,
  variant: VariantName,
  stores: Stores,
  stack: AsyncDisposableStack,
): Promise<VariantSystem> => {
  const folder = join(home, variant)
  const password = 'bench'
  const redisPlace = { dataDir: join(folder, 'redis'), logFile: join(folder, 'redis.log') }
  const redis = stack.use(await startRedis({ ...redisPlace, password, durable: false }))
  const system = stack.use(
    await startSystem({
      stores: { ...stores.urls, redis: redis.url },
      home: folder,
      env: environment(variant, sinkPort),
      telemetry: false,
    }),
  )
  const { url, services, databases } = system
  const accounts = await registerAccounts(url, social ? SOCIAL_PEOPLE : connections)
  if (social) say(variant, `${accounts.length} people are registered`)
  const byName = (name: string): Server | undefined => stores.servers.find((server) => server.name === name)
  return {
    variant,
    url,
    services,
    databases,
    pids: () => ({
      ...(Object.fromEntries(SERVICE_NAMES.map((name) => [name, pidOf(services[name])])) as Record<
        ServiceName,
        number
      >),
      postgres: pidOf(byName('postgres')),
      redis: pidOf(redis),
      kafka: pidOf(byName('kafka')),
    }),
    profiles: await seedProfiles(databases.users ?? ''),
    social: social ? await seedSocial(url, accounts, { connections, posts: VARIANTS[variant].posts, say }) : undefined,
    emptyRedis: async () => void (await exchange(redis.port, Buffer.from(`AUTH ${password}\r\nFLUSHALL\r\n`))),
    emptyLogs: () => SERVICE_NAMES.forEach((name) => truncateSync(services[name].logFile)),
  }
}

/** Starts the stores, then the services of every variant, each with accounts for the connections and seeded profiles. */
export const startBenchSystem = async (options: Options): Promise<BenchSystem> => {
  const { home, say } = options
  await using stack = new AsyncDisposableStack()
  const stores = stack.use(await startStores({ home, say }))
  const variants: VariantSystem[] = []
  for (const variant of options.variants) {
    variants.push(await startVariant(options, variant, stores, stack))
    say(variant, `ready (${VARIANTS[variant].about})`)
  }
  const started = stack.move()
  return { variants, [Symbol.asyncDispose]: () => started.disposeAsync() }
}
