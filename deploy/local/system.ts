import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { databaseUrl, dropDatabases, prepareDatabases, type DatabaseSpec } from './components/databases.ts'
import { createTopics, runMigrations } from './components/job.ts'
import type { Server } from './components/server.ts'
import { startService, type ServiceServer } from './components/service.ts'
import { spoolDsn, startSpool } from './components/spool.ts'
import { freePorts } from './ports.ts'
import { silent, type Say } from './progress.ts'
import { generateSecrets, type Secrets } from './secrets.ts'
import { databaseSpecs, releaseOf, serviceEnvironment } from './service-environment.ts'
import { SERVICE_NAMES, type ServiceName } from './services.ts'
import { ROOT } from './settings.ts'
import type { StoreUrls } from './stores.ts'
import { together } from './together.ts'

export type SystemOptions = {
  /** Which services run; all by default. A service that is left out has an address at which nothing listens. */
  services?: readonly ServiceName[]
  /** The checkout whose services, migrations and topics these are; this one by default. */
  root?: string
  /** Where the stores are; PostgreSQL's address is that of a superuser. */
  stores: StoreUrls
  /** Logs and telemetry files are written below it. */
  home: string
  /** For every service, over what the system decides; `forService` wins over it. */
  env?: Readonly<Record<string, string>>
  forService?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>
  /** Flags for Node itself, by service. */
  nodeArguments?: Partial<Record<ServiceName, readonly string[]>>
  /** false: no receiver of traces and errors is started, and the services export nothing unless `env` says where. */
  telemetry?: boolean
  say?: Say
}

/** A whole platform of real processes on free ports, with databases and topics of its own on the given stores. */
export type System = AsyncDisposable & {
  services: Readonly<Record<ServiceName, ServiceServer>>
  /** Of the gateway, without a path. */
  url: string
  /** The services' own database URLs, for looking into them. */
  databases: Readonly<Partial<Record<ServiceName, string>>>
  topicPrefix: string
  secrets: Secrets
  /** Lines of JSON, as `npm start` keeps them; undefined without telemetry. */
  telemetry: { server: Server; tracesFile: string; errorsFile: string } | undefined
  /**
   * Starts one more instance of every service, which call each other and share the stores with the first: a second way in
   * to the same platform. Stopped with the system.
   */
  addReplicas(): Promise<Pick<System, 'services' | 'url'>>
  /** Stops every process and removes the databases. */
  stop(): Promise<void>
}

type Ports = Record<ServiceName, { http: number; management: number }>

const portsFor = async (): Promise<Ports> => {
  const free = await freePorts(SERVICE_NAMES.length * 2)
  const entries = SERVICE_NAMES.map((name, i) => [name, { http: free[i * 2], management: free[i * 2 + 1] }])
  return Object.fromEntries(entries) as Ports
}

const startTelemetry = async (home: string): Promise<NonNullable<System['telemetry']> & { tracesPort: number }> => {
  const [tracesPort = 0, errorsPort = 0] = await freePorts(2)
  const folder = join(home, 'telemetry')
  const server = await startSpool({ folder, tracesPort, errorsPort, logFile: join(home, 'logs/spool.log') })
  return { server, tracesPort, tracesFile: join(folder, 'traces.jsonl'), errorsFile: join(folder, 'errors.jsonl') }
}

/** Systems that share a Redis all count their users from 1, so each needs keys of its own. */
const withKeyPrefix = (redis: string, prefix: string): string => {
  const url = new URL(redis)
  url.searchParams.set('prefix', prefix)
  return url.href
}

const prepareStores = async (o: {
  root: string
  stores: StoreUrls
  specs: readonly { service: ServiceName; spec: DatabaseSpec }[]
  topicPrefix: string
  logs: string
}): Promise<void> => {
  const { root, stores, specs, topicPrefix, logs } = o
  const place = (job: string) => ({ root, logFile: join(logs, `${job}.log`) })
  const databases = async (): Promise<void> => {
    await prepareDatabases(
      stores.postgres,
      specs.map(({ spec }) => spec),
    )
    const migrations = specs.map(({ service, spec }) => ({ service, url: databaseUrl(stores.postgres, spec) }))
    await together(
      migrations.map((migration) => runMigrations({ ...place(`migrate-${migration.service}`), ...migration })),
    )
  }
  await together([databases(), createTopics({ ...place('topics'), brokers: stores.kafka, topicPrefix })])
}

type Instances = Pick<SystemOptions, 'home' | 'nodeArguments'> & {
  root: string
  services: readonly ServiceName[]
  say: Say
  /** Stops them. */
  servers: AsyncDisposableStack
  environmentOf: (name: ServiceName, ports: Ports) => Record<string, string>
}

/** One process of each service on free ports, which know each other. `suffix` is for their log files. */
const startInstances = async (o: Instances, suffix = ''): Promise<Pick<System, 'services' | 'url'>> => {
  const ports = await portsFor()
  const start = async (name: ServiceName): Promise<ServiceServer> => {
    const server = await startService({
      root: o.root,
      name,
      port: ports[name].http,
      managementPort: ports[name].management,
      env: o.environmentOf(name, ports),
      logFile: join(o.home, 'logs', `${name}${suffix}.log`),
      nodeArguments: o.nodeArguments?.[name],
    })
    o.say(name, `ready on port ${server.port}`)
    return o.servers.use(server)
  }
  const started = await together(o.services.map(start))
  return {
    services: Object.fromEntries(started.map((server) => [server.name, server])) as System['services'],
    url: `http://127.0.0.1:${ports.gateway.http}`,
  }
}

/** Starts it; throws a Failure with the last words of whatever did not start, with nothing left running. */
export const startSystem = async (options: SystemOptions): Promise<System> => {
  const { root = ROOT, services = SERVICE_NAMES, stores, home, say = silent } = options
  const id = randomBytes(4).toString('hex')
  const [databasePrefix, topicPrefix] = [`pharos_${id}`, `t${id}.`]
  const secrets = generateSecrets()
  const specs = services.flatMap((service) =>
    databaseSpecs(secrets, [service], databasePrefix).map((spec) => ({ service, spec })),
  )
  await using stack = new AsyncDisposableStack()
  await mkdir(join(home, 'logs'), { recursive: true })
  stack.defer(() =>
    dropDatabases(
      stores.postgres,
      specs.map(({ spec }) => spec),
    ),
  )
  const receive = async (): ReturnType<typeof startTelemetry> => {
    const started = await startTelemetry(home)
    stack.use(started.server)
    return started
  }
  const [telemetry] = await together([
    options.telemetry === false ? Promise.resolve(undefined) : receive(),
    prepareStores({ root, stores, specs, topicPrefix, logs: join(home, 'logs') }),
  ])

  // Replicas are added to it after the rest has been handed over.
  const servers = stack.use(new AsyncDisposableStack())
  const environmentOf = (name: ServiceName, ports: Ports): Record<string, string> => ({
    ...serviceEnvironment(name, {
      addresses: {
        stores: { ...stores, redis: withKeyPrefix(stores.redis, topicPrefix) },
        ports,
        otlp: telemetry && `http://127.0.0.1:${telemetry.tracesPort}`,
        sentryDsn: telemetry && spoolDsn(telemetry.server.port),
      },
      secrets,
      release: releaseOf(root),
      operator: {},
      databasePrefix,
      topicPrefix,
    }),
    ...options.env,
    ...options.forService?.[name],
  })
  const instances = { ...options, root, services, say, servers, environmentOf }
  const first = await startInstances(instances)
  const held = stack.move()
  const stop = (): Promise<void> => held.disposeAsync()
  return {
    ...first,
    databases: Object.fromEntries(specs.map(({ service, spec }) => [service, databaseUrl(stores.postgres, spec)])),
    topicPrefix,
    secrets,
    telemetry,
    addReplicas: () => startInstances(instances, '-2'),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
