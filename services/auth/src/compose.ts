import { openFaults } from '@pharos/platform/faults/open-faults'
import { createApp } from '@pharos/platform/http/app'
import { createAuthenticator } from '@pharos/platform/http/auth'
import { createServiceClient } from '@pharos/platform/http/client'
import { createHealth } from '@pharos/platform/http/health'
import { listen, listenManagement } from '@pharos/platform/http/listen'
import { createServiceTokens } from '@pharos/platform/http/service-token'
import { startConsumer } from '@pharos/platform/kafka/consumer'
import { connectProducer } from '@pharos/platform/kafka/producer'
import { connectPostgres } from '@pharos/platform/postgres/connect'
import { createIdempotencyStore } from '@pharos/platform/postgres/idempotency'
import { startOutboxRelay } from '@pharos/platform/postgres/outbox-relay'
import { connectRedis } from '@pharos/platform/redis/connect'
import { createRevocations } from '@pharos/platform/redis/revocations'
import { systemClock } from '@pharos/platform/runtime/clock'
import type { Clock } from '@pharos/platform/runtime/clock'
import { log, setLogLevel } from '@pharos/platform/telemetry/log'
import { observe } from '@pharos/platform/telemetry/observe'
import { startJobs } from './adapters/background/jobs.ts'
import { untilAvailable } from './adapters/background/until-available.ts'
import { serveJwks } from './adapters/http/jwks.ts'
import { authRoutes } from './adapters/http/routes.ts'
import { userEventHandlers } from './adapters/kafka/on-user-events.ts'
import { openKeyRing } from './adapters/keys/key-ring.ts'
import { createSealer } from './adapters/keys/seal.ts'
import { createHousekeeping } from './adapters/postgres/housekeeping.ts'
import { createLoginNames } from './adapters/postgres/login-names.ts'
import { defineModels } from './adapters/postgres/models.ts'
import { createSigningKeyStore } from './adapters/postgres/signing-keys.ts'
import { createRevocationPort } from './adapters/redis/revocations.ts'
import { countAttempts, exposeOpenRegistrations } from './adapters/telemetry.ts'
import { finishRegistrations } from './application/finish-registrations.ts'
import { createUseCases } from './application/use-cases.ts'
import type { AuthConfig } from './config.ts'
import { rotationPolicyOf } from './config.ts'
import { createPorts } from './create-ports.ts'

const SERVICE = 'auth'

/**
 * Puts the service together; what it opens is on the stack, which closes it in reverse: first no more requests.
 * `clock` is for tests.
 */
export const composeAuth = async (
  config: AuthConfig,
  stack: AsyncDisposableStack,
  clock: Clock = systemClock,
): Promise<{ url: string; managementUrl: string }> => {
  setLogLevel(config.LOG_LEVEL)
  log.info('configuration', { 'event.action': 'service.configured', 'service.config': JSON.stringify(config) })

  const faults = stack.use(await openFaults(config))
  const db = stack.use(
    await connectPostgres({ url: config.POSTGRES_URL, poolMax: config.POSTGRES_POOL_MAX, applicationName: SERVICE }),
  )
  const redis = stack.use(connectRedis({ url: config.REDIS_URL }))
  const kafka = { brokers: config.KAFKA_BROKERS, topicPrefix: config.TOPIC_PREFIX }
  const producer = stack.use(await connectProducer({ ...kafka, clientId: SERVICE }))
  stack.use(startOutboxRelay({ db, producer, faults }))

  const models = defineModels(db.sequelize)
  const housekeeping = createHousekeeping(db, clock)
  const revocations = stack.use(createRevocations({ redis }))
  const revocationPort = createRevocationPort(revocations)
  // A process that was killed between ending a session and saying so says it now.
  const recent = await untilAvailable('reading ended sessions', housekeeping.recentlyRevokedSessions)
  await revocationPort.revokeSessions(recent)

  const store = createSigningKeyStore(db, models)
  const sealer = createSealer(config.KEY_ENCRYPTION_SECRET)
  const policy = rotationPolicyOf(config)
  const keys = await untilAvailable('reading the signing keys', () => openKeyRing({ store, sealer, policy, clock }))
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = config
  const serviceTokens = createServiceTokens({ secret: config.SERVICE_TOKEN_SECRET, service: SERVICE })
  const users = stack.use(createServiceClient({ peer: 'users', to: config.USERS_URL, tokens: serviceTokens }))
  const ports = await createPorts(config, { db, models, redis, users, keys, revocations: revocationPort, clock })
  const useCases = observe(countAttempts(createUseCases(ports)))

  const consumer = stack.use(
    startConsumer({
      ...kafka,
      groupId: SERVICE,
      db,
      handlers: userEventHandlers({ loginNames: createLoginNames(models), revocations }),
      faults,
    }),
  )
  stack.use(
    startJobs({
      finishRegistrations: finishRegistrations(ports),
      sweepAfterMs: config.REGISTRATION_SWEEP_AFTER_MS,
      refreshKeys: keys.refresh,
      keyRefreshMs: config.KEY_REFRESH_MS,
      housekeeping,
    }),
  )
  exposeOpenRegistrations(housekeeping)

  const app = createApp({
    routes: authRoutes(useCases),
    beside: serveJwks(keys.jwks),
    idempotency: createIdempotencyStore(db),
    authenticator: createAuthenticator({ keys, issuer, audience, revocations }),
    faults,
  })
  const health = createHealth({
    postgres: { check: () => db.check(), required: true },
    redis: { check: () => redis.check(), required: false },
    kafka: { check: () => consumer.check(), required: false },
  })
  await revocations.caughtUp
  const management = stack.use(
    await listenManagement(health, { host: config.HOST, port: config.MANAGEMENT_PORT }, faults),
  )
  const server = stack.use(await listen(app, { host: config.HOST, port: config.PORT }))
  stack.defer(() => health.drain())
  log.info(`auth is ready on ${server.url}`, { 'event.action': 'service.ready', 'server.port': server.port })
  return { url: server.url, managementUrl: management.url }
}
