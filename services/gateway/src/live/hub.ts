import { liveChannel } from '@pharos/platform/contracts/live'
import { unavailable } from '@pharos/platform/errors'
import type { Identity, RevocationCheck } from '@pharos/platform/http/auth'
import type { RedisConnection } from '@pharos/platform/redis/connect'
import { runWork } from '@pharos/platform/telemetry/context'
import { counter, gauge } from '@pharos/platform/telemetry/metrics'
import { SpanShape } from '@pharos/platform/telemetry/span-shape'
import { LiveConnection } from './connection.ts'
import type { Ending } from './endings.ts'
import { Feed } from './feed.ts'
import type { FeedTimes } from './feed.ts'
import type { Missed } from './missed.ts'
import type { Transport } from './transport.ts'

export type LiveTimes = FeedTimes & {
  readonly heartbeatMs: number
  /** How often a connection looks for what nobody has announced, although announcements are heard. */
  readonly recheckMs: number
  /** How often the one timer looks for what is due. */
  readonly tickMs: number
}

export const usualTimes: LiveTimes = {
  heartbeatMs: 15_000,
  tickMs: 250,
  joinMs: 500,
  spreadMs: 1_000,
  settleMs: 5_000,
  pollMs: 5_000,
  recheckMs: 300_000,
}

export type HubPorts = {
  readonly redis: Pick<RedisConnection, 'subscribe' | 'available'>
  readonly missed: Missed
  readonly revocations: RevocationCheck
  readonly maxConnections: number
  readonly times: LiveTimes
}

type Newcomer = { readonly identity: Identity; readonly token: string; readonly transport: Transport }

const MAX_PER_USER = 10
const CATCH_UP = new SpanShape('catch up live', 'internal')

const open = gauge({ name: 'realtime_connections', help: 'Live connections', labels: ['transport'] })
const messages = counter({
  name: 'realtime_messages_total',
  help: 'Notifications passed on to live connections',
  labels: ['transport'],
})
const closed = counter({
  name: 'realtime_closed_total',
  help: 'Live connections that have ended, by reason',
  labels: ['transport', 'reason'],
})

/** Every live connection of this process: one subscription per user, one timer for all. */
export class Hub implements AsyncDisposable {
  readonly #ports: HubPorts
  readonly #connections = new Set<LiveConnection>()
  readonly #feeds = new Map<number, { readonly feed: Feed; readonly unsubscribe: () => void }>()
  readonly #timer: NodeJS.Timeout
  /** Heartbeats are spread evenly over their interval, so that no tick has to serve everybody. */
  readonly #slots: number
  #slot = 0
  #joined = 0
  #closing = false

  constructor(ports: HubPorts) {
    const { heartbeatMs, tickMs } = ports.times
    this.#ports = ports
    this.#slots = Math.max(1, Math.round(heartbeatMs / tickMs))
    this.#timer = setInterval(() => this.#tick(), tickMs).unref()
    for (const transport of ['sse', 'ws']) open.set({ transport }, 0)
  }

  /**
   * Takes a connection in, which is to be opened then; the oldest of a user who has too many goes.
   * @throws AppError `unavailable` when this process is full or about to end
   */
  join({ identity, token, transport }: Newcomer): LiveConnection {
    const { missed, revocations, maxConnections, times } = this.#ports
    if (this.#closing || this.#connections.size >= maxConnections) throw unavailable('live.full')
    const { userId } = identity
    const feed = this.#feedOf(userId)
    const { kind } = transport
    const connection = new LiveConnection({
      identity,
      token,
      transport,
      feed,
      missed,
      isRevoked: () => revocations.isRevoked(identity),
      pollMs: times.pollMs,
      recheckMs: times.recheckMs,
      slot: this.#joined % this.#slots,
      onSent: () => messages.inc({ transport: kind }),
      onEnd: (ended, ending) => this.#leave(userId, ended, ending),
    })
    this.#joined += 1
    this.#connections.add(connection)
    feed.connections.add(connection)
    open.inc({ transport: kind })
    const [oldest] = feed.connections
    if (feed.connections.size > MAX_PER_USER) oldest?.end('replaced')
    return connection
  }

  /** Ends every connection at once; clients come back to another replica, and go on where they were. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true
    clearInterval(this.#timer)
    for (const connection of this.#connections) connection.end('shutdown')
  }

  #feedOf(userId: number): Feed {
    const known = this.#feeds.get(userId)
    if (known) return known.feed
    const { redis, times } = this.#ports
    const feed = new Feed(userId, times, () => !redis.available)
    this.#feeds.set(userId, { feed, unsubscribe: redis.subscribe(liveChannel(userId), feed) })
    return feed
  }

  #leave(userId: number, connection: LiveConnection, ending: Ending): void {
    const { kind } = connection
    open.dec({ transport: kind })
    closed.inc({ transport: kind, reason: ending })
    this.#connections.delete(connection)
    const known = this.#feeds.get(userId)
    known?.feed.connections.delete(connection)
    if (!known || known.feed.connections.size > 0) return
    known.unsubscribe()
    this.#feeds.delete(userId)
  }

  #tick(): void {
    this.#slot = (this.#slot + 1) % this.#slots
    const [time, now] = [Date.now(), performance.now()]
    for (const connection of this.#connections) {
      if (connection.expiresAtMs <= time) connection.end('expired')
      else if (connection.slot === this.#slot) connection.beat()
      if (connection.dueAt <= now && !connection.isReading)
        void runWork({ shape: CATCH_UP }, () => connection.catchUp())
    }
  }
}
