import { createAuthenticator } from '@pharos/platform/http/auth'
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
import { publicOperations } from './operations.ts'
import { acceptsConnections } from './reachable.ts'
import { redisBuckets } from './shared-buckets.ts'

/** Wires the gateway straight down and starts it; what is put on the stack is disposed in reverse. */
export const composeGateway = async (
  config: GatewayConfig,
  stack: AsyncDisposableStack,
): Promise<{ readonly url: string; readonly managementUrl: string }> => {
  log.info('configuration', { 'event.action': 'service.configured', config: JSON.stringify(config) })
  const redis = stack.use(connectRedis({ url: config.REDIS_URL }))
  const revocations = stack.use(createRevocations({ redis }))
  const authenticator = createAuthenticator({
    keys: stack.use(remoteKeys({ url: config.JWKS_URL })),
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
    revocations,
  })
  const upstreams = {
    users: stack.use(createUpstream({ peer: 'users', baseUrl: config.USERS_URL })),
    auth: stack.use(createUpstream({ peer: 'auth', baseUrl: config.AUTH_URL })),
  }
  const limiter = config.RATE_LIMIT
    ? stack.use(createRateLimiter({ policies, shared: redisBuckets(redis) }))
    : undefined
  const health = createHealth({
    redis: { check: () => redis.check(), required: false },
    users: { check: () => acceptsConnections(config.USERS_URL), required: false },
    auth: { check: () => acceptsConnections(config.AUTH_URL), required: false },
  })
  const app = createGatewayApp({
    operations: publicOperations,
    upstreams,
    upstreamTimeoutMs: config.UPSTREAM_TIMEOUT_MS,
    authenticator,
    limiter,
    health,
    corsOrigins: config.CORS_ORIGINS,
    trustProxy: config.TRUST_PROXY,
  })
  const management = stack.use(await listenManagement(health, { host: config.HOST, port: config.MANAGEMENT_PORT }))
  const server = stack.use(await listen(app, { host: config.HOST, port: config.PORT }))
  stack.defer(() => health.drain())
  log.info(`gateway listens on ${server.url}`, { 'event.action': 'service.ready' })
  return { url: server.url, managementUrl: management.url }
}
