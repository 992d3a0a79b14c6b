import { randomBytes, randomInt } from 'node:crypto'
import { join } from 'node:path'
import { createApiClient } from '@pharos/platform/testing/api-client'
import type { ApiClient } from '@pharos/platform/testing/api-client'
import { logLinesOf } from '@pharos/platform/testing/log-lines'
import type { LogLine } from '@pharos/platform/testing/log-lines'
import { startOtlpReceiver } from '@pharos/platform/testing/otlp-receiver'
import type { OtlpReceiver } from '@pharos/platform/testing/otlp-receiver'
import { startSentryReceiver } from '@pharos/platform/testing/sentry-receiver'
import type { SentryReceiver } from '@pharos/platform/testing/sentry-receiver'
import { startKafka } from '../local/components/kafka.ts'
import { startPostgres } from '../local/components/postgres.ts'
import { startRedis } from '../local/components/redis.ts'
import type { Server } from '../local/components/server.ts'
import { SERVICE_NAMES } from '../local/services.ts'
import type { ServiceName } from '../local/services.ts'
import { givenStores } from '../local/stores.ts'
import type { StoreName, StoreUrls } from '../local/stores.ts'
import { startSystem } from '../local/system.ts'
import type { System } from '../local/system.ts'
import { temporaryHome } from '../local/temporary-home.ts'
import { together } from '../local/together.ts'

/** A running platform with its own receivers of traces and errors. */
export type TestSystem = AsyncDisposable & {
  readonly system: System
  readonly otlp: OtlpReceiver
  readonly sentry: SentryReceiver
  /** A client with an address of its own, so that limits by address are its own too. */
  client(): ApiClient
  /** The log lines of every service that carry a correlation id, by time. */
  linesOf(correlationId: string): Promise<LogLine[]>
  /** Where logs are, and traces and errors with `receivers: 'files'`. */
  readonly home: string
  metricsOf(service: ServiceName): Promise<string>
  /** The sum of a metric over the label sets whose text holds `labels`; 0 when there is none yet. */
  metric(service: ServiceName, name: string, labels?: string): Promise<number>
  /** How many events auth has handled: what it knows of names and addresses comes to it by them. */
  eventsHandledByAuth(): Promise<number>
  /** One of the stores of this system alone; only with `ownStores`. */
  store(name: StoreName): Server
}

type Options = {
  readonly env?: Readonly<Record<string, string>>
  readonly forService?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>
  /** `files`: traces and errors are kept in files, as `npm start` does it, and do not come to this process. */
  readonly receivers?: 'files'
  /** Starts stores that the test may kill; otherwise those of the environment are used. */
  readonly ownStores?: true
}

const givenUrls = (): StoreUrls => {
  const { postgres, redis, kafka } = givenStores(process.env)
  if (postgres === undefined || redis === undefined || kafka === undefined) {
    throw new Error('The addresses of the stores are not set: run tests by `npm test -- <pattern>`, which starts them')
  }
  return { postgres, redis, kafka }
}

type OwnStores = Readonly<Record<StoreName, Server>>

/** Stores that keep what they have acknowledged through a SIGKILL, as those of a real system do. */
const startDurableStores = async (home: string, stack: AsyncDisposableStack): Promise<OwnStores> => {
  const place = (name: StoreName) => ({ dataDir: join(home, name), logFile: join(home, 'logs', `${name}.log`) })
  const password = randomBytes(18).toString('hex')
  const held = async (starting: Promise<Server>): Promise<Server> => stack.use(await starting)
  const [postgres, redis, kafka] = await together([
    held(startPostgres({ ...place('postgres'), password })),
    held(startRedis({ ...place('redis'), password })),
    held(startKafka(place('kafka'))),
  ])
  return { postgres, redis, kafka }
}

const sumOf = (metrics: string, name: string, labels: string): number =>
  metrics
    .split('\n')
    .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(labels))
    .reduce((sum, line) => sum + Number(/^\S+?(?:\{.*?\})? (\S+)/.exec(line)?.[1] ?? 0), 0)

const anyAddress = (): string => `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`

/** Starts the whole platform as processes on free ports, exporting to receivers in this process. */
export const startTestSystem = async ({
  env = {},
  forService = {},
  receivers,
  ownStores,
}: Options = {}): Promise<TestSystem> => {
  await using stack = new AsyncDisposableStack()
  const home = stack.use(await temporaryHome())
  const otlp = stack.use(await startOtlpReceiver())
  const sentry = stack.use(await startSentryReceiver())
  const own = ownStores && (await startDurableStores(home.path, stack))
  const stores = own ? { postgres: own.postgres.url, redis: own.redis.url, kafka: own.kafka.url } : givenUrls()
  const system = stack.use(
    await startSystem({
      stores,
      home: home.path,
      telemetry: receivers === 'files',
      env: {
        ...(receivers === undefined && { OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url, SENTRY_DSN: sentry.dsn }),
        ...env,
      },
      forService: { ...forService, gateway: { TRUST_PROXY: 'loopback', ...forService.gateway } },
    }),
  )
  const logFiles = SERVICE_NAMES.map((name) => system.services[name].logFile)
  const metricsOf = async (service: ServiceName): Promise<string> =>
    (await fetch(`${system.services[service].managementUrl}/metrics`)).text()
  const held = stack.move()
  return {
    system,
    otlp,
    sentry,
    client: () => held.use(createApiClient(system.url, { 'x-forwarded-for': anyAddress() })),
    linesOf: (correlationId) => logLinesOf(logFiles, correlationId),
    home: home.path,
    metricsOf,
    eventsHandledByAuth: async () =>
      sumOf(await metricsOf('auth'), 'messaging_process_duration_seconds_count', 'outcome="ok"'),
    metric: async (service, name, labels = '') => sumOf(await metricsOf(service), name, labels),
    store(name) {
      if (!own) throw new Error(`${name} is not of this test alone: start the system with ownStores`)
      return own[name]
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}
