import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { Failure } from './failure.ts'
import { parsePort } from './ports.ts'
import { SERVICES, type ServiceName } from './services.ts'
import { givenStores, type StoreUrls } from './stores.ts'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '')

const STORE_PORTS = { POSTGRES: 5432, REDIS: 6379, KAFKA: 9092, KAFKA_CONTROLLER: 9094 }
const RECEIVER_PORTS = {
  OTLP: 4318,
  SENTRY: 8969,
  COLLECTOR_HEALTH: 13_133,
  COLLECTOR_METRICS: 8888,
  COLLECTOR_PIPELINE: 8889,
  PROMETHEUS: 9090,
  ALERTMANAGER: 9093,
  ONCALL: 9095,
}
const OPS_PORTS = {
  LOKI: 3100,
  LOKI_GRPC: 9096,
  TEMPO: 3200,
  TEMPO_GRPC: 9097,
  TEMPO_OTLP: 4319,
  ELASTICSEARCH: 9200,
  ELASTICSEARCH_TRANSPORT: 9300,
  GRAFANA: 3000,
  BUGSINK: 8970,
  POSTGRES_EXPORTER: 9187,
  REDIS_EXPORTER: 9121,
  NODE_EXPORTER: 9100,
  BLACKBOX_EXPORTER: 9115,
  ELASTICSEARCH_EXPORTER: 9114,
}
const MANAGEMENT_OFFSET = 1000

export type PortName = keyof typeof STORE_PORTS | keyof typeof RECEIVER_PORTS | keyof typeof OPS_PORTS

/** The back ends of telemetry that run elsewhere. */
export type GivenBackEnds = {
  loki?: string | undefined
  tempo?: { url: string; otlp: string } | undefined
  elasticsearch?: string | undefined
}

/** Where this checkout runs, from the environment and `.env`; made once per command. */
export type Settings = {
  /** The environment with `.env` below it: what was really set wins. */
  env: Readonly<Record<string, string>>
  /** `.pharos/` of the checkout: data, logs, state, secrets, telemetry. */
  home: string
  ports: Readonly<Record<PortName, number>>
  servicePorts: Readonly<Record<ServiceName, { http: number; management: number }>>
  given: Partial<StoreUrls>
  /** LOKI_URL, TEMPO_URL with TEMPO_OTLP_ENDPOINT, ELASTICSEARCH_URL: used instead of starting one. */
  backEnds: GivenBackEnds
  /** PHAROS_COLLECTOR and PHAROS_PROMETHEUS: `off` leaves the receiver out. */
  receivers: { collector: boolean; prometheus: boolean }
  /** PHAROS_RULES: `fast` shortens the windows of every rule. */
  rules: 'real' | 'fast'
  /** PHAROS_GRAFANA: `api` builds one without pages where there is none, for what asks its API. */
  grafana: 'found' | 'api'
}

/** The variable that changes a port. */
export const portVariable = (name: string): string => `PHAROS_PORT_${name.toUpperCase()}`

const choiceOf = <T extends string>(env: Settings['env'], name: string, [usual, other]: readonly [T, T]): T => {
  const value = env[name] || usual
  const chosen = [usual, other].find((choice) => choice === value)
  if (chosen !== undefined) return chosen
  throw new Failure(`${name} is "${value}", but it may be only "${usual}" or "${other}".`)
}

const isOn = (env: Settings['env'], name: string): boolean => choiceOf(env, name, ['on', 'off']) === 'on'

const requireDistinct = (uses: readonly (readonly [string, number])[]): void => {
  const seen = new Map<number, string>()
  for (const [use, port] of uses) {
    const other = seen.get(port)
    if (other !== undefined) throw new Failure(`${other} and ${use} are both set to port ${port}: change one of them.`)
    seen.set(port, use)
  }
}

const readPorts = (env: Settings['env']): Pick<Settings, 'ports' | 'servicePorts'> => {
  const read = (name: string, fallback: number): number =>
    parsePort(portVariable(name), env[portVariable(name)], fallback)
  const defaults: Record<PortName, number> = { ...STORE_PORTS, ...RECEIVER_PORTS, ...OPS_PORTS }
  const ports = { ...defaults }
  for (const name of Object.keys(defaults) as PortName[]) ports[name] = read(name, defaults[name])
  const servicePorts = {} as Record<ServiceName, { http: number; management: number }>
  for (const service of Object.values(SERVICES)) {
    const http = read(service.name, service.port)
    servicePorts[service.name] = { http, management: http + MANAGEMENT_OFFSET }
  }
  requireDistinct([
    ...Object.entries(ports).map(([name, port]) => [portVariable(name), port] as const),
    ...Object.entries(servicePorts).flatMap(([name, { http, management }]) => [
      [portVariable(name), http] as const,
      [`${portVariable(name)} + ${MANAGEMENT_OFFSET} (management)`, management] as const,
    ]),
  ])
  return { ports, servicePorts }
}

const givenBackEnds = (env: Settings['env']): GivenBackEnds => {
  const { LOKI_URL: loki, TEMPO_URL: url, TEMPO_OTLP_ENDPOINT: otlp, ELASTICSEARCH_URL: elasticsearch } = env
  if (!url !== !otlp) throw new Failure('TEMPO_URL and TEMPO_OTLP_ENDPOINT are given together or not at all.')
  return {
    loki: loki || undefined,
    tempo: url && otlp ? { url, otlp } : undefined,
    elasticsearch: elasticsearch || undefined,
  }
}

/** Reads `.env` beside the real environment and checks every value; throws a Failure that names the variable at fault. */
export const readSettings = (environment: NodeJS.ProcessEnv, root = ROOT): Settings => {
  const file = join(root, '.env')
  const env: Record<string, string> = {}
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}
  for (const [name, value] of [...Object.entries(fromFile), ...Object.entries(environment)]) {
    if (value !== undefined) env[name] = value
  }
  return {
    env,
    home: join(root, '.pharos'),
    ...readPorts(env),
    given: givenStores(env),
    backEnds: givenBackEnds(env),
    receivers: { collector: isOn(env, 'PHAROS_COLLECTOR'), prometheus: isOn(env, 'PHAROS_PROMETHEUS') },
    rules: choiceOf(env, 'PHAROS_RULES', ['real', 'fast']),
    grafana: choiceOf(env, 'PHAROS_GRAFANA', ['found', 'api']),
  }
}

/**
 * Where root keeps PostgreSQL's data when the checkout lies in a folder closed to other users (as /root is): the server
 * refuses to run as root, and its own user could not reach `.pharos/`. One folder per checkout.
 */
export const outsideHome = (home: string): string =>
  join('/var/lib/pharos', createHash('sha256').update(home).digest('hex').slice(0, 12))
