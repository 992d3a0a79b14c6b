import { openFaults } from '@pharos/platform/faults/open-faults'
import { createApp } from '@pharos/platform/http/app'
import { createAuthenticator } from '@pharos/platform/http/auth'
import { createServiceClient } from '@pharos/platform/http/client'
import { createHealth } from '@pharos/platform/http/health'
import { listen, listenManagement } from '@pharos/platform/http/listen'
import { remoteKeys } from '@pharos/platform/http/remote-keys'
import { createServiceTokens } from '@pharos/platform/http/service-token'
import { startConsumer } from '@pharos/platform/kafka/consumer'
import { connectProducer } from '@pharos/platform/kafka/producer'
import { startBatchedWork } from '@pharos/platform/postgres/batched-work'
import { connectPostgres } from '@pharos/platform/postgres/connect'
import { createIdempotencyStore } from '@pharos/platform/postgres/idempotency'
import { startOutboxRelay } from '@pharos/platform/postgres/outbox-relay'
import { connectRedis } from '@pharos/platform/redis/connect'
import { createRevocations } from '@pharos/platform/redis/revocations'
import { log, setLogLevel } from '@pharos/platform/telemetry/log'
import { observe } from '@pharos/platform/telemetry/observe'
import { createUserCards } from '@pharos/platform/user-cards/user-cards'
import { internalRoutes, publicRoutes } from './adapters/http/routes.ts'
import { eventHandlers } from './adapters/kafka/event-handlers.ts'
import { createNotificationRepository } from './adapters/postgres/notification-repository.ts'
import { removeInbox } from './adapters/postgres/remove-inbox.ts'
import { announceLive } from './adapters/redis/live-producer.ts'
import { createUseCases } from './application/use-cases.ts'
import type { NotificationsConfig } from './config.ts'

const SERVICE = 'notifications'

/** Puts the service together; what it opens is on the stack, which closes it in reverse: first no more requests. */
export const composeNotifications = async (
  config: NotificationsConfig,
  stack: AsyncDisposableStack,
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
  stack.use(startOutboxRelay({ db, producer: announceLive(producer, redis), faults }))

  const serviceTokens = createServiceTokens({ secret: config.SERVICE_TOKEN_SECRET, service: SERVICE })
  const users = stack.use(createServiceClient({ peer: 'users', to: config.USERS_URL, tokens: serviceTokens }))
  const cards = createUserCards({ db, users, columns: [] })
  const work = stack.use(startBatchedWork({ db, kinds: { 'remove-inbox': removeInbox } }))
  const consumer = stack.use(
    startConsumer({
      ...kafka,
      groupId: SERVICE,
      db,
      handlers: eventHandlers({ cards, removeInbox: (userId, tx) => work.begin(tx, 'remove-inbox', { userId }) }),
      faults,
    }),
  )

  const useCases = observe(createUseCases({ notifications: createNotificationRepository(db), users: cards }))
  const revocations = stack.use(createRevocations({ redis }))
  const app = createApp({
    routes: [...publicRoutes(useCases), ...internalRoutes(useCases)],
    idempotency: createIdempotencyStore(db),
    authenticator: createAuthenticator({
      keys: remoteKeys({ url: config.JWKS_URL }),
      issuer: config.JWT_ISSUER,
      audience: config.JWT_AUDIENCE,
      revocations,
    }),
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
  log.info(`notifications is ready on ${server.url}`, { 'event.action': 'service.ready', 'server.port': server.port })
  return { url: server.url, managementUrl: management.url }
}
