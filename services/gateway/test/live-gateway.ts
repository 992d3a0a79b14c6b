import { createServiceClient } from '@pharos/platform/http/client'
import { createHealth } from '@pharos/platform/http/health'
import { listen } from '@pharos/platform/http/listen'
import type { RateLimiter } from '@pharos/platform/http/rate-limit'
import { createUpstream } from '@pharos/platform/http/upstream'
import { connectRedis } from '@pharos/platform/redis/connect'
import { createRevocations } from '@pharos/platform/redis/revocations'
import type { Secret } from '@pharos/platform/runtime/config'
import { scrape } from '@pharos/platform/telemetry/metrics'
import { createApiClient } from '@pharos/platform/testing/api-client'
import { testRedisUrl } from '@pharos/platform/testing/stores'
import { authenticatorFor, createIssuer } from '../../../platform/test/http/issuer.ts'
import { createGatewayApp } from '../src/app.ts'
import { usualTimes } from '../src/live/hub.ts'
import type { LiveTimes } from '../src/live/hub.ts'
import { createLive } from '../src/live/live.ts'
import { createMissed } from '../src/live/missed.ts'
import { isWebSocketUpgrade } from '../src/live/upgrade.ts'
import { publicOperations } from '../src/operations.ts'
import { startNotifications } from './notifications-stand-in.ts'

type Options = {
  readonly times?: Partial<LiveTimes>
  readonly maxConnections?: number
  readonly limiter?: RateLimiter
  readonly gateways?: number
  readonly redisUrl?: Secret
}

type Issuer = Awaited<ReturnType<typeof createIssuer>>

const startOne = async (options: Options, redisUrl: Secret, issuer: Issuer, notificationsUrl: string) => {
  const stack = new AsyncDisposableStack()
  const redis = stack.use(connectRedis({ url: redisUrl }))
  const revocations = stack.use(createRevocations({ redis }))
  await revocations.caughtUp
  const authenticator = authenticatorFor(issuer.keys, revocations)
  const client = createServiceClient({ peer: 'notifications', to: notificationsUrl })
  const upstream = createUpstream({ peer: 'users', baseUrl: notificationsUrl })
  stack.defer(async () => void (await Promise.all([upstream.pool.destroy(), client[Symbol.asyncDispose]()])))
  const { limiter, maxConnections = 10_000 } = options
  const times = { ...usualTimes, tickMs: 20, spreadMs: 50, settleMs: 200, ...options.times }
  const missed = createMissed(client)
  const live = createLive({ redis, missed, authenticator, revocations, limiter, maxConnections, times })
  const app = createGatewayApp({
    operations: publicOperations,
    upstreams: { users: upstream, auth: upstream, posts: upstream, relations: upstream, notifications: upstream },
    answers: live.answers,
    upstreamTimeoutMs: 1_000,
    authenticator,
    limiter,
    health: createHealth({}),
    corsOrigins: [],
    trustProxy: [],
  })
  const anywhere = { host: '127.0.0.1', port: 0 }
  const server = stack.use(await listen(app, anywhere, { shouldUpgradeCallback: isWebSocketUpgrade }))
  live.attach(server.server)
  stack.use(live)
  return {
    port: server.port,
    server: server.server,
    revocations,
    redis,
    client: createApiClient(server.url),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** One or more gateways with a Redis, and a stand-in for the notifications service. */
export const startLiveGateway = async (options: Options = {}) => {
  const stack = new AsyncDisposableStack()
  const redisUrl = options.redisUrl ?? testRedisUrl()
  const issuer = await createIssuer()
  const redis = stack.use(connectRedis({ url: redisUrl }))
  await redis.attempted
  const notifications = stack.use(await startNotifications(issuer.keys, redis))
  const gateways: Awaited<ReturnType<typeof startOne>>[] = []
  for (let count = 0; count < (options.gateways ?? 1); count += 1)
    gateways.push(stack.use(await startOne(options, redisUrl, issuer, notifications.url)))
  const [gateway] = gateways as [(typeof gateways)[number]]
  return {
    ...gateway,
    gateways,
    notifications,
    publisher: redis,
    /** A token of a session of its own. */
    token: (userId: number, more: { expiresInSeconds?: number; sid?: string } = {}) =>
      issuer.token({
        claims: { sub: String(userId), sid: more.sid ?? `session-${userId}` },
        expiresInSeconds: more.expiresInSeconds ?? 900,
      }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** The value of one series, 0 when there is none. */
export const metric = async (series: string): Promise<number> => {
  const line = (await scrape()).body.split('\n').find((text) => text.startsWith(`${series} `))
  return Number(line?.split(' ')[1] ?? 0)
}
