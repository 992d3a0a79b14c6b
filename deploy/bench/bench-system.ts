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

/** What to start: a variant, of this checkout's services or of another's. `name` tells it from the others of the run. */
export type SetOfServices = { name: string; variant: VariantName; root?: string }

/** The services of one variant, with databases, topics and a Redis of their own on shared PostgreSQL and Kafka servers. */
export type VariantSystem = {
  name: string
  variant: VariantName
  /** Of the gateway. */
  url: string
  services: System['services']
  /** 0 for a service that is left out. */
  pids: () => Readonly<Record<ProcessName, number>>
  databases: System['databases']
  profiles: Profiles
  social: Social | undefined
  emptyRedis(): Promise<void>
  emptyLogs(): void
}

export type BenchSystem = AsyncDisposable & { variants: readonly VariantSystem[] }

export type BenchSystemOptions = {
  home: string
  sets: readonly SetOfServices[]
  /** Which services run; all by default. */
  services?: readonly ServiceName[]
  /** For every service. */
  env?: Readonly<Record<string, string>>
  connections: number
  /** People, posts, follows and notifications are asked for. */
  social: boolean
  /** Port of the receiver of spans and error events. */
  sinkPort: number
  say: Say
  stop: AbortSignal
}

const pidOf = (server: Server | undefined): number => server?.process.pid ?? 0

const environment = (variant: VariantName, sinkPort: number): Record<string, string> => ({
  RATE_LIMIT: 'off',
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sinkPort}`,
  SENTRY_DSN: `http://key@127.0.0.1:${sinkPort}/1`,
  ...VARIANTS[variant].env,
})

const startVariant = async (
  { home, services: only = SERVICE_NAMES, env, connections, social, sinkPort, say }: BenchSystemOptions,
  { name, variant, root }: SetOfServices,
  stores: Stores,
  stack: AsyncDisposableStack,
): Promise<VariantSystem> => {
  const folder = join(home, name)
  const password = 'bench'
  const redisPlace = { dataDir: join(folder, 'redis'), logFile: join(folder, 'redis.log') }
  const redis = stack.use(await startRedis({ ...redisPlace, password, durable: false }))
  const system = stack.use(
    await startSystem({
      stores: { ...stores.urls, redis: redis.url },
      home: folder,
      services: only,
      ...(root !== undefined && { root }),
      env: { ...environment(variant, sinkPort), ...env },
      telemetry: false,
    }),
  )
  const { url, services, databases } = system
  const accounts = await registerAccounts(url, social ? SOCIAL_PEOPLE : connections)
  if (social) say(name, `${accounts.length} people are registered`)
  const store = (called: string): Server | undefined => stores.servers.find((server) => server.name === called)
  return {
    name,
    variant,
    url,
    services,
    databases,
    pids: () => ({
      ...(Object.fromEntries(SERVICE_NAMES.map((service) => [service, pidOf(services[service])])) as Record<
        ServiceName,
        number
      >),
      postgres: pidOf(store('postgres')),
      redis: pidOf(redis),
      kafka: pidOf(store('kafka')),
    }),
    profiles: await seedProfiles(databases.users ?? ''),
    social: social ? await seedSocial(url, accounts, { connections, posts: VARIANTS[variant].posts, say }) : undefined,
    emptyRedis: async () => void (await exchange(redis.port, Buffer.from(`AUTH ${password}\r\nFLUSHALL\r\n`))),
    emptyLogs: () => only.forEach((service) => truncateSync(services[service].logFile)),
  }
}

/** Starts the stores, then every set of services, each with accounts for the connections and seeded profiles. */
export const startBenchSystem = async (options: BenchSystemOptions): Promise<BenchSystem> => {
  const { home, say, stop } = options
  await using stack = new AsyncDisposableStack()
  const stores = stack.use(await startStores({ home, say }))
  const variants: VariantSystem[] = []
  for (const set of options.sets) {
    stop.throwIfAborted()
    variants.push(await startVariant(options, set, stores, stack))
    say(set.name, `ready (${VARIANTS[set.variant].about})`)
  }
  const started = stack.move()
  return { variants, [Symbol.asyncDispose]: () => started.disposeAsync() }
}
