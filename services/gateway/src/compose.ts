import type { ServiceName } from '@pharos/platform/contracts/http/define'
import { openFaults } from '@pharos/platform/faults/open-faults'
import { createAuthenticator } from '@pharos/platform/http/auth'
import { createServiceClient } from '@pharos/platform/http/client'
import { createHealth } from '@pharos/platform/http/health'
import { listen, listenManagement } from '@pharos/platform/http/listen'
import { createRateLimiter } from '@pharos/platform/http/rate-limit'
import { remoteKeys } from '@pharos/platform/http/remote-keys'
import { createUpstream } from '@pharos/platform/http/upstream'
import { connectRedis } from '@pharos/platform/redis/connect'
import { createRevocations } from '@pharos/platform/redis/revocations'
import { log } from '@pharos/platform/telemetry/log'
import { createGatewayApp } from './app.ts'
import type { GatewayConfig } from './config.ts'
import { policies } from './limits.ts'
import { usualTimes } from './live/hub.ts'
import { createLive } from './live/live.ts'
import { createMissed } from './live/missed.ts'
import { isWebSocketUpgrade } from './live/upgrade.ts'
import { publicOperations } from './operations.ts'
import { acceptsConnections } from './reachable.ts'
import { redisBuckets } from './shared-buckets.ts'

const addressesOf = (config: GatewayConfig): Record<ServiceName, string> => ({
  users: config.USERS_URL,
  auth: config.AUTH_URL,
  posts: config.POSTS_URL,
  relations: config.RELATIONS_URL,
  notifications: config.NOTIFICATIONS_URL,
})

const mapValues = <K extends string, V, R>(record: Record<K, V>, fn: (value: V, key: K) => R): Record<K, R> =>
  Object.fromEntries(Object.entries<V>(record).map(([key, value]) => [key, fn(value, key as K)])) as Record<K, R>

/** Wires the gateway straight down and starts it; what is put on the stack is disposed in reverse. */
export const composeGateway = async (
  config: GatewayConfig,
  stack: AsyncDisposableStack,
): Promise<{ readonly url: string; readonly managementUrl: string }> => {
  log.info('configuration', { 'event.action': 'service.configured', config: JSON.stringify(config) })
  const faults = stack.use(await openFaults(config))
  const redis = stack.use(connectRedis({ url: config.REDIS_URL }))
  const revocations = stack.use(createRevocations({ redis }))
  const authenticator = createAuthenticator({
    keys: stack.use(remoteKeys({ url: config.JWKS_URL })),
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
    revocations,
  })
  const addresses = addressesOf(config)
  const upstreams = mapValues(addresses, (baseUrl, peer) => stack.use(createUpstream({ peer, baseUrl })))
  const limiter = config.RATE_LIMIT
    ? stack.use(createRateLimiter({ policies, shared: redisBuckets(redis) }))
    : undefined
  const health = createHealth({
    redis: { check: () => redis.check(), required: false },
    ...mapValues(addresses, (address) => ({ check: () => acceptsConnections(address), required: false })),
  })
  const notifications = createServiceClient({ peer: 'notifications', to: upstreams.notifications })
  const live = createLive({
    redis,
    missed: createMissed(notifications),
    authenticator,
    revocations,
    limiter,
    maxConnections: config.MAX_LIVE_CONNECTIONS,
    times: usualTimes,
  })
  const app = createGatewayApp({
    operations: publicOperations,
    upstreams,
    answers: live.answers,
    upstreamTimeoutMs: config.UPSTREAM_TIMEOUT_MS,
    authenticator,
    limiter,
    health,
    corsOrigins: config.CORS_ORIGINS,
    trustProxy: config.TRUST_PROXY,
    faults,
  })
  const management = stack.use(
    await listenManagement(health, { host: config.HOST, port: config.MANAGEMENT_PORT }, faults),
  )
  const address = { host: config.HOST, port: config.PORT }
  const server = stack.use(await listen(app, address, { shouldUpgradeCallback: isWebSocketUpgrade }))
  live.attach(server.server)
  // Ended first, or the server would wait for streams that have no end.
  stack.use(live)
  stack.defer(() => health.drain())
  log.info(`gateway listens on ${server.url}`, { 'event.action': 'service.ready' })
  return { url: server.url, managementUrl: management.url }
}
