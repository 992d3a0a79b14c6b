import { join } from 'node:path'
import { archiveKafkaClasses, startKafka } from './components/kafka.ts'
import { collectorBinary, startCollector } from './components/collector.ts'
import { databaseUrl, prepareDatabases } from './components/databases.ts'
import { createTopics, runMigrations } from './components/job.ts'
import { isOpenToOthers, startPostgres } from './components/postgres.ts'
import { startAlertmanager, startPrometheus } from './components/prometheus.ts'
import { startRedis } from './components/redis.ts'
import { startService } from './components/service.ts'
import { spoolDsn, startSpool } from './components/spool.ts'
import { requireFree } from './ports.ts'
import { isRoot } from './programs.ts'
import type { Say } from './progress.ts'
import type { Secrets } from './secrets.ts'
import type { Selection } from './selection.ts'
import { databaseSpecs, releaseOf, serviceEnvironment } from './service-environment.ts'
import { SERVICES, type ServiceName } from './services.ts'
import { outsideHome, portVariable, ROOT, type Settings } from './settings.ts'
import type { StoreName, StoreUrls } from './stores.ts'
import type { Part, Supervisor } from './supervisor.ts'

export type PartsInput = { settings: Settings; secrets: Secrets; selection: Selection }

const placeOf = (home: string, name: string) => ({
  dataDir: join(home, 'data', name),
  logFile: join(home, 'logs', `${name}.log`),
  pidFile: join(home, 'run', `${name}.pid`),
})

const telemetryFolder = (home: string): string => join(home, 'telemetry')

/** A `say` that adds to a part's own story. */
const sayBy =
  (note: (message: string) => void): Say =>
  (_part, message) =>
    note(message)

/** Where the stores of this run are, given or ours. */
const storeUrls = ({ settings, secrets }: Pick<PartsInput, 'settings' | 'secrets'>): StoreUrls => ({
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

const spoolPart = ({ settings }: PartsInput, withTraces: boolean): Part => ({
  name: 'spool',
  after: [],
  start: () =>
    startSpool({
      ...placeOf(settings.home, 'spool'),
      folder: telemetryFolder(settings.home),
      errorsPort: settings.ports.SENTRY,
      tracesPort: withTraces ? settings.ports.OTLP : undefined,
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
  ...(input.selection.services.length > 0 ? [spoolPart(input, true)] : []),
  ...input.selection.services.map((name) => servicePart(input, name)),
]

/** What comes when the platform is up, one after the other: nothing depends on it. */
export const extraParts = (input: PartsInput, supervisor: Supervisor): Part[] => {
  const { settings } = input
  const { home, ports } = settings
  const scraped = new Map<number, number>([
    [9090, ports.PROMETHEUS],
    [9093, ports.ALERTMANAGER],
    ...Object.values(SERVICES).map(({ name, port }) => [port + 1000, settings.servicePorts[name].management] as const),
  ])
  const metrics: Part[] = [
    {
      name: 'prometheus',
      after: [],
      start: async (note) => {
        await requireFree(ports.PROMETHEUS, 'Prometheus', portVariable('prometheus'))
        const configFile = join(home, 'run/prometheus.yml')
        const place = placeOf(home, 'prometheus')
        return startPrometheus({ ...place, configFile, port: ports.PROMETHEUS, ports: scraped, say: sayBy(note) })
      },
    },
    {
      name: 'alertmanager',
      after: [],
      start: async (note) => {
        await requireFree(ports.ALERTMANAGER, 'Alertmanager', portVariable('alertmanager'))
        return startAlertmanager({ ...placeOf(home, 'alertmanager'), port: ports.ALERTMANAGER, say: sayBy(note) })
      },
    },
  ]
  const archive: Part = {
    name: 'kafka-classes',
    after: [],
    start: async (note) => {
      await archiveKafkaClasses(sayBy(note))
      return undefined
    },
  }
  const collector: Part = {
    name: 'collector',
    after: [],
    start: async (note) => {
      const binary = await collectorBinary(note)
      await requireFree(ports.COLLECTOR_HEALTH, "the collector's health", portVariable('collector_health'))
      await supervisor.replace('spool', spoolPart(input, false).start)
      try {
        const place = placeOf(home, 'collector')
        const folder = telemetryFolder(home)
        return await startCollector({
          ...place,
          binary,
          folder,
          otlpPort: ports.OTLP,
          healthPort: ports.COLLECTOR_HEALTH,
        })
      } catch (error) {
        await supervisor.replace('spool', spoolPart(input, true).start)
        throw error
      }
    },
  }
  return [
    ...(settings.receivers.prometheus ? metrics : []),
    ...(settings.given.kafka === undefined ? [archive] : []),
    ...(settings.receivers.collector ? [collector] : []),
  ]
}
