import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { execaSync } from 'execa'
import { databaseUrl, type DatabaseSpec } from './components/databases.ts'
import type { Secrets } from './secrets.ts'
import { SERVICES, type ServiceName } from './services.ts'
import type { StoreUrls } from './stores.ts'

/**
 * PostgreSQL shares this machine: on two processors ten of its processes per service took the caches from each other, which
 * was a twentieth of a search. Never more than ten, because all services share what the server allows.
 */
const CONNECTIONS_PER_SERVICE = Math.min(10, 2 * availableParallelism() + 1)

// What an operator may say to the services by his own environment; everything else they get is decided here.
const PASSED_ON = [
  'LOG_LEVEL',
  'RATE_LIMIT',
  'CORS_ORIGINS',
  'AUTH_HIDE_ACCOUNTS',
  'POSTGRES_POOL_MAX',
  'TELEMETRY',
  'TELEMETRY_TRACES',
  'TELEMETRY_METRICS',
  'TELEMETRY_LOGS',
  'TELEMETRY_ERRORS',
  'TELEMETRY_INSTRUMENTATION',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_TRACES_SAMPLER_ARG',
  'SENTRY_DSN',
  'DEPLOYMENT_ENVIRONMENT',
  'FAULTS',
  'FAULTS_FILE',
]

export type Release = { version: string; commit: string }

/** What is running: the version of the root package, and the commit if this is a git checkout. */
export const releaseOf = (root: string): Release => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const git = execaSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: root, reject: false })
  return { version, commit: git.failed ? 'unknown' : git.stdout.trim() }
}

/** The role and database of each service; a prefix keeps several systems on one server apart. */
export const databaseSpecs = (secrets: Secrets, services: readonly ServiceName[], prefix = 'pharos'): DatabaseSpec[] =>
  services
    .filter((name) => SERVICES[name].database)
    .map((name) => ({
      database: `${prefix}_${name}`,
      role: `${prefix}_${name}`,
      password: secrets.databases[name] ?? '',
    }))

export type SystemAddresses = {
  stores: StoreUrls
  ports: Readonly<Record<ServiceName, { http: number }>>
  otlp?: string | undefined
  sentryDsn?: string | undefined
}

/** The whole environment of one service: its own database, the stores, its peers, its secrets, and nothing else. */
export const serviceEnvironment = (
  name: ServiceName,
  o: {
    addresses: SystemAddresses
    secrets: Secrets
    release: Release
    operator: Readonly<Record<string, string | undefined>>
    databasePrefix?: string | undefined
    topicPrefix?: string | undefined
  },
): Record<string, string> => {
  const { addresses, secrets, release } = o
  const urlOf = (peer: ServiceName): string => `http://127.0.0.1:${addresses.ports[peer].http}`
  const [database] = databaseSpecs(secrets, [name], o.databasePrefix)
  const env: Record<string, string | undefined> = {
    HOST: '127.0.0.1',
    POSTGRES_URL: database && databaseUrl(addresses.stores.postgres, database),
    POSTGRES_POOL_MAX: String(CONNECTIONS_PER_SERVICE),
    REDIS_URL: addresses.stores.redis,
    KAFKA_BROKERS: addresses.stores.kafka,
    TOPIC_PREFIX: o.topicPrefix,
    JWKS_URL: `${urlOf('auth')}/.well-known/jwks.json`,
    USERS_URL: urlOf('users'),
    AUTH_URL: urlOf('auth'),
    POSTS_URL: urlOf('posts'),
    NOTIFICATIONS_URL: urlOf('notifications'),
    RELATIONS_URL: urlOf('relations'),
    JWT_ISSUER: 'pharos',
    JWT_AUDIENCE: 'pharos',
    // The gateway passes on what its callers bring, and has no word of its own.
    SERVICE_TOKEN_SECRET: name === 'gateway' ? undefined : secrets.serviceToken,
    KEY_ENCRYPTION_SECRET: name === 'auth' ? secrets.keyEncryption : undefined,
    OTEL_SERVICE_NAME: name,
    OTEL_EXPORTER_OTLP_ENDPOINT: addresses.otlp,
    SENTRY_DSN: addresses.sentryDsn,
    DEPLOYMENT_ENVIRONMENT: 'local',
    SERVICE_VERSION: release.version,
    SERVICE_COMMIT: release.commit,
  }
  for (const variable of PASSED_ON) if (o.operator[variable]) env[variable] = o.operator[variable]
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
