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
import { systemClock } from '@pharos/platform/runtime/clock'
import { log, setLogLevel } from '@pharos/platform/telemetry/log'
import { observe } from '@pharos/platform/telemetry/observe'
import { createUserCards } from '@pharos/platform/user-cards/user-cards'
import { createCachedAuthors } from './adapters/cache/cached-authors.ts'
import { createCachedPosts } from './adapters/cache/cached-posts.ts'
import { postRoutes } from './adapters/http/routes.ts'
import { createCardReader } from './adapters/postgres/author-cards.ts'
import { createNewIds } from './adapters/postgres/new-ids.ts'
import { createPostLists } from './adapters/postgres/post-lists.ts'
import { createPostRepository } from './adapters/postgres/post-repository.ts'
import { removePosts } from './adapters/postgres/remove-posts.ts'
import { createTags } from './adapters/postgres/tags.ts'
import { createUseCases } from './application/use-cases.ts'
import type { PostsConfig } from './config.ts'

const SERVICE = 'posts'

/** Puts the service together; what it opens is on the stack, which closes it in reverse: first no more requests. */
export const composePosts = async (
  config: PostsConfig,
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
  stack.use(startOutboxRelay({ db, producer, faults }))

  const revocations = stack.use(createRevocations({ redis }))
  const serviceTokens = createServiceTokens({ secret: config.SERVICE_TOKEN_SECRET, service: SERVICE })
  const users = stack.use(createServiceClient({ peer: 'users', to: config.USERS_URL, tokens: serviceTokens }))
  const cards = createUserCards({
    db,
    users,
    columns: ['username', 'full_name', 'avatar_url', 'email', 'bio'],
    changed: (userId) => authors.forget(userId),
  })
  const authors = createCachedAuthors({ redis, cards, readCards: createCardReader(db) })
  const posts = createCachedPosts(createPostRepository(db), redis)
  const useCases = observe(
    createUseCases({
      posts,
      authors,
      lists: createPostLists(db),
      tags: createTags(db),
      ids: createNewIds(db),
      clock: systemClock,
    }),
  )

  const work = stack.use(
    startBatchedWork({ db, kinds: { 'remove-posts': removePosts(systemClock, (ids) => posts.forget(ids)) } }),
  )
  const consumer = stack.use(
    startConsumer({
      ...kafka,
      groupId: SERVICE,
      db,
      handlers: cards.handlers((userId, tx) => work.begin(tx, 'remove-posts', { author_id: userId })),
      faults,
    }),
  )

  const app = createApp({
    routes: postRoutes(useCases),
    authenticator: createAuthenticator({
      keys: remoteKeys({ url: config.JWKS_URL }),
      issuer: config.JWT_ISSUER,
      audience: config.JWT_AUDIENCE,
      revocations,
    }),
    idempotency: createIdempotencyStore(db),
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
  log.info(`posts is ready on ${server.url}`, { 'event.action': 'service.ready', 'server.port': server.port })
  return { url: server.url, managementUrl: management.url }
}
