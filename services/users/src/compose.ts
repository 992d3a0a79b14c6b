import { openFaults } from '@pharos/platform/faults/open-faults'
import { createApp } from '@pharos/platform/http/app'
import { createAuthenticator } from '@pharos/platform/http/auth'
import { createHealth } from '@pharos/platform/http/health'
import { listen, listenManagement } from '@pharos/platform/http/listen'
import { remoteKeys } from '@pharos/platform/http/remote-keys'
import { createServiceTokens } from '@pharos/platform/http/service-token'
import { connectProducer } from '@pharos/platform/kafka/producer'
import { connectPostgres } from '@pharos/platform/postgres/connect'
import { startOutboxRelay } from '@pharos/platform/postgres/outbox-relay'
import { connectRedis } from '@pharos/platform/redis/connect'
import { createRevocations } from '@pharos/platform/redis/revocations'
import { systemClock } from '@pharos/platform/runtime/clock'
import { log, setLogLevel } from '@pharos/platform/telemetry/log'
import { observe } from '@pharos/platform/telemetry/observe'
import { createCachedUsers } from './adapters/cache/cached-users.ts'
import { rememberSearches } from './adapters/cache/remembered-searches.ts'
import { internalRoutes, publicRoutes } from './adapters/http/routes.ts'
import { createUserRepository } from './adapters/postgres/user-repository.ts'
import { createUserSearch } from './adapters/postgres/user-search.ts'
import { createUseCases } from './application/use-cases.ts'
import type { UsersConfig } from './config.ts'

const SERVICE = 'users'

/** Puts the service together; what it opens is on the stack, which closes it in reverse: first no more requests. */
export const composeUsers = async (
  config: UsersConfig,
  stack: AsyncDisposableStack,
): Promise<{ url: string; managementUrl: string }> => {
  setLogLevel(config.LOG_LEVEL)
  log.info('configuration', { 'event.action': 'service.configured', 'service.config': JSON.stringify(config) })

  const faults = stack.use(await openFaults(config))
  const db = stack.use(
    await connectPostgres({ url: config.POSTGRES_URL, poolMax: config.POSTGRES_POOL_MAX, applicationName: SERVICE }),
  )
  const redis = stack.use(connectRedis({ url: config.REDIS_URL }))
  const producer = stack.use(
    await connectProducer({ brokers: config.KAFKA_BROKERS, clientId: SERVICE, topicPrefix: config.TOPIC_PREFIX }),
  )
  stack.use(startOutboxRelay({ db, producer, faults }))

  const revocations = stack.use(createRevocations({ redis }))
  const search = rememberSearches(createUserSearch(db))
  const users = createCachedUsers(createUserRepository(db), redis, search.forget)
  const sessions = { revokeAll: (userId: number) => revocations.revokeUser(userId) }
  const useCases = observe(createUseCases({ users, search, sessions, clock: systemClock }))

  const authenticator = createAuthenticator({
    keys: remoteKeys({ url: config.JWKS_URL }),
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
    revocations,
  })
  const app = createApp({
    routes: [...publicRoutes(useCases), ...internalRoutes(useCases)],
    authenticator,
    serviceTokens: createServiceTokens({ secret: config.SERVICE_TOKEN_SECRET, service: SERVICE }),
    faults,
  })
  const health = createHealth({
    postgres: { check: () => db.check(), required: true },
    redis: { check: () => redis.check(), required: false },
  })

  await revocations.caughtUp
  const management = stack.use(
    await listenManagement(health, { host: config.HOST, port: config.MANAGEMENT_PORT }, faults),
  )
  const server = stack.use(await listen(app, { host: config.HOST, port: config.PORT }))
  stack.defer(() => health.drain())
  log.info(`users is ready on ${server.url}`, { 'event.action': 'service.ready', 'server.port': server.port })
  return { url: server.url, managementUrl: management.url }
}
