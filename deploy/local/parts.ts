import { join } from 'node:path'
import { startKafka } from './components/kafka.ts'
import { databaseUrl, prepareDatabases } from './components/databases.ts'
import { createTopics, runMigrations } from './components/job.ts'
import { isOpenToOthers, startPostgres } from './components/postgres.ts'
import { startRedis } from './components/redis.ts'
import { startService } from './components/service.ts'
import { spoolDsn, startSpool } from './components/spool.ts'
import { isRoot } from './programs.ts'
import { overrideFile } from './overrides.ts'
import type { Say } from './progress.ts'
import type { Secrets } from './secrets.ts'
import type { Selection } from './selection.ts'
import { databaseSpecs, releaseOf, serviceEnvironment } from './service-environment.ts'
import { SERVICES, type ServiceName } from './services.ts'
import { outsideHome, ROOT, type Settings } from './settings.ts'
import type { StoreName, StoreUrls } from './stores.ts'
import type { Part } from './supervisor.ts'

/** `ops`: the whole ops stack comes after the platform. */
export type PartsInput = { settings: Settings; secrets: Secrets; selection: Selection; ops: boolean }

/** Where a part keeps what is its own. */
export const placeOf = (home: string, name: string) => ({
  dataDir: join(home, 'data', name),
  logFile: join(home, 'logs', `${name}.log`),
  pidFile: join(home, 'run', `${name}.pid`),
})

export const telemetryFolder = (home: string): string => join(home, 'telemetry')

/** A `say` that adds to a part's own story. */
export const sayBy =
  (note: (message: string) => void): Say =>
  (_part, message) =>
    note(message)

/** Where the stores of this run are, given or ours. */
export const storeUrls = ({ settings, secrets }: Pick<PartsInput, 'settings' | 'secrets'>): StoreUrls => ({
  postgres: `postgres://postgres:${secrets.postgres}@127.0.0.1:${settings.ports.POSTGRES}/postgres`,
  redis: `redis://:${secrets.redis}@127.0.0.1:${settings.ports.REDIS}`,
  kafka: `127.0.0.1:${settings.ports.KAFKA}`,
  ...settings.given,
})

const storeParts = ({ settings, secrets, selection }: PartsInput): Part[] => {
  const { home, ports } = settings
  const parts: Record<StoreName, Part> = {
    postgres: {
      name: 'postgres',
      after: [],
      start: async () => {
        const place = placeOf(home, 'postgres')
        const dataDir = isRoot() && !(await isOpenToOthers(home)) ? join(outsideHome(home), 'postgres') : place.dataDir
        return startPostgres({ ...place, dataDir, port: ports.POSTGRES, password: secrets.postgres })
      },
    },
    redis: {
      name: 'redis',
      after: [],
      start: (note) =>
        startRedis({ ...placeOf(home, 'redis'), port: ports.REDIS, password: secrets.redis, say: sayBy(note) }),
    },
    kafka: {
      name: 'kafka',
      after: [],
      start: (note) => {
        const controllerPort = ports.KAFKA_CONTROLLER
        return startKafka({ ...placeOf(home, 'kafka'), port: ports.KAFKA, controllerPort, say: sayBy(note) })
      },
    },
  }
  return selection.stores.filter((name) => settings.given[name] === undefined).map((name) => parts[name])
}

const jobParts = (input: PartsInput): Part[] => {
  const { settings, secrets, selection } = input
  const logOf = (name: string): string => placeOf(settings.home, name).logFile
  const urls = storeUrls(input)
  const specs = databaseSpecs(secrets, selection.services)
  const parts: Part[] = []
  if (specs.length > 0) {
    const start = async (): Promise<undefined> => {
      await prepareDatabases(urls.postgres, specs)
    }
    parts.push({ name: 'databases', after: ['postgres'], start })
  }
  for (const service of selection.services) {
    const [spec] = databaseSpecs(secrets, [service])
    if (spec === undefined) continue
    const start = async (): Promise<undefined> => {
      await runMigrations({
        root: ROOT,
        service,
        url: databaseUrl(urls.postgres, spec),
        logFile: logOf(`migrate-${service}`),
      })
    }
    parts.push({ name: `migrate-${service}`, after: ['databases'], start })
  }
  if (selection.services.some((name) => SERVICES[name].stores.includes('kafka'))) {
    const start = async (): Promise<undefined> => {
      await createTopics({ root: ROOT, brokers: urls.kafka, logFile: logOf('topics') })
    }
    parts.push({ name: 'topics', after: ['kafka'], start })
  }
  return parts
}

type SpoolUse = {
  /** false: the collector receives them. */
  withTraces: boolean
  /** Where errors go as well. */
  forwardDsn?: string | undefined
}

export const spoolPart = ({ settings }: PartsInput, { withTraces, forwardDsn }: SpoolUse): Part => ({
  name: 'spool',
  after: [],
  start: () =>
    startSpool({
      ...placeOf(settings.home, 'spool'),
      folder: telemetryFolder(settings.home),
      errorsPort: settings.ports.SENTRY,
      tracesPort: withTraces ? settings.ports.OTLP : undefined,
      forwardDsn,
    }),
})

const servicePart = (input: PartsInput, name: ServiceName): Part => {
  const { settings, secrets } = input
  return {
    name,
    // The collector comes later, and is named so that it goes later: the last spans are sent while a service stops.
    after: [...SERVICES[name].stores, `migrate-${name}`, 'topics', 'spool', 'collector'],
    start: () =>
      startService({
        ...placeOf(settings.home, name),
        root: ROOT,
        name,
        port: settings.servicePorts[name].http,
        managementPort: settings.servicePorts[name].management,
        overrideFile: settings.env['FAULTS'] === 'on' ? overrideFile(settings.home, name) : undefined,
        env: serviceEnvironment(name, {
          addresses: {
            stores: storeUrls(input),
            ports: settings.servicePorts,
            otlp: `http://127.0.0.1:${settings.ports.OTLP}`,
            sentryDsn: spoolDsn(settings.ports.SENTRY),
          },
          secrets,
          release: releaseOf(ROOT),
          operator: settings.env,
        }),
      }),
  }
}

/** Everything that must be up before the platform is, in an order in which needs come first. */
export const coreParts = (input: PartsInput): Part[] => [
  ...storeParts(input),
  ...jobParts(input),
  ...(input.selection.services.length > 0 ? [spoolPart(input, { withTraces: true })] : []),
  ...input.selection.services.map((name) => servicePart(input, name)),
]
