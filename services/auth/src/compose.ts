import { unavailable } from '@pharos/platform/errors'
import { createAuthenticator } from '@pharos/platform/http/auth'
import { createServiceClient } from '@pharos/platform/http/client'
import { createHealth } from '@pharos/platform/http/health'
import { listen, listenManagement } from '@pharos/platform/http/listen'
import { createServiceTokens } from '@pharos/platform/http/service-token'
import { startConsumer } from '@pharos/platform/kafka/consumer'
import type { RunningConsumer } from '@pharos/platform/kafka/consumer'
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
import { every } from './adapters/background/every.ts'
import { untilAvailable } from './adapters/background/until-available.ts'
import { createAuthApp } from './adapters/http/app.ts'
import { authRoutes } from './adapters/http/routes.ts'
import { userEventHandlers } from './adapters/kafka/on-user-events.ts'
import { openKeyRing } from './adapters/keys/key-ring.ts'
import { createSealer } from './adapters/keys/seal.ts'
import { createAccessTokens, refreshTokens } from './adapters/keys/tokens.ts'
import { createMemoryCounting } from './adapters/memory/counting.ts'
import { createArgon2Passwords } from './adapters/passwords/argon2-passwords.ts'
import { createAccounts } from './adapters/postgres/accounts.ts'
import { createHousekeeping } from './adapters/postgres/housekeeping.ts'
import { createLoginNames } from './adapters/postgres/login-names.ts'
import { defineModels } from './adapters/postgres/models.ts'
import { createRegistrations } from './adapters/postgres/registrations.ts'
import { createSessions } from './adapters/postgres/sessions.ts'
import { createSigningKeyStore } from './adapters/postgres/signing-keys.ts'
import { createAttempts } from './adapters/redis/attempts.ts'
import { createRedisCounting, withFallback } from './adapters/redis/redis-counting.ts'
import { createRevocationPort } from './adapters/redis/revocations.ts'
import { countAttempts, exposeOpenRegistrations, signals } from './adapters/telemetry.ts'
import { createProfiles } from './adapters/users/profiles.ts'
import { finishRegistrations } from './application/finish-registrations.ts'
import { createUseCases } from './application/use-cases.ts'
import type { AuthConfig } from './config.ts'
import { limitsOf, rotationPolicyOf } from './config.ts'
import { passwordRule } from './domain/password.ts'

const SERVICE = 'auth'
const PRUNE_EVERY_MS = 10 * 60_000
const SWEEP_MAX_MS = 2_000

const mustHaveJoined = async (consumer: RunningConsumer): Promise<void> => {
  if (!consumer.joined) throw unavailable('kafka.unavailable')
}

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

  const db = stack.use(
    await connectPostgres({ url: config.POSTGRES_URL, poolMax: config.POSTGRES_POOL_MAX, applicationName: SERVICE }),
  )
  const redis = stack.use(connectRedis({ url: config.REDIS_URL }))
  const kafka = { brokers: config.KAFKA_BROKERS, topicPrefix: config.TOPIC_PREFIX }
  const producer = stack.use(await connectProducer({ ...kafka, clientId: SERVICE }))
  stack.use(startOutboxRelay({ db, producer }))

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
  const users = stack.use(createServiceClient({ peer: 'users', baseUrl: config.USERS_URL, tokens: serviceTokens }))
  const counting = withFallback(createRedisCounting(redis), createMemoryCounting(clock))
  const { KEY_ENCRYPTION_SECRET: hashSecret, REGISTRATION_SWEEP_AFTER_MS: sweepAfterMs } = config

  const ports = {
    accounts: createAccounts(db, models),
    sessions: createSessions(db),
    registrations: createRegistrations(db, models, { clock, sweepAfterMs }),
    profiles: createProfiles(users),
    passwords: await createArgon2Passwords({
      concurrency: config.PASSWORD_CONCURRENCY,
      queueMax: config.PASSWORD_QUEUE_MAX,
    }),
    attempts: createAttempts({ counting, limits: limitsOf(config), secret: hashSecret, clock }),
    refreshTokens,
    accessTokens: createAccessTokens({ keys, issuer, audience, clock }),
    revocations: revocationPort,
    signals,
    clock,
    allowPassword: passwordRule({ denyCommon: config.DENY_COMMON_PASSWORDS }),
    hideAccounts: config.AUTH_HIDE_ACCOUNTS,
  }
  const useCases = observe(countAttempts(createUseCases(ports)))

  const consumer = stack.use(
    startConsumer({
      ...kafka,
      groupId: SERVICE,
      db,
      handlers: userEventHandlers({ loginNames: createLoginNames(models), revocations }),
    }),
  )
  const sweepEveryMs = Math.min(sweepAfterMs / 2, SWEEP_MAX_MS)
  stack.use(every({ name: 'finishing registrations', everyMs: sweepEveryMs, run: finishRegistrations(ports) }))
  stack.use(every({ name: 'refreshing signing keys', everyMs: config.KEY_REFRESH_MS, run: keys.refresh }))
  stack.use(every({ name: 'pruning sessions', everyMs: PRUNE_EVERY_MS, run: housekeeping.prune }))
  exposeOpenRegistrations(housekeeping)

  const app = createAuthApp({
    routes: authRoutes(useCases),
    jwks: keys.jwks,
    idempotency: createIdempotencyStore(db),
    authenticator: createAuthenticator({ keys, issuer, audience, revocations }),
  })
  const health = createHealth({
    postgres: { check: () => db.check(), required: true },
    redis: { check: () => redis.check(), required: false },
    kafka: { check: () => mustHaveJoined(consumer), required: false },
  })
  await revocations.caughtUp
  const management = stack.use(await listenManagement(health, { host: config.HOST, port: config.MANAGEMENT_PORT }))
  const server = stack.use(await listen(app, { host: config.HOST, port: config.PORT }))
  stack.defer(() => health.drain())
  log.info(`auth is ready on ${server.url}`, { 'event.action': 'service.ready', 'server.port': server.port })
  return { url: server.url, managementUrl: management.url }
}
