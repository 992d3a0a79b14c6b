import { setTimeout as pause } from 'node:timers/promises'
import { liveMessage } from '@pharos/platform/contracts/live'
import type { LiveMessage } from '@pharos/platform/contracts/live'
import type { Subscriber } from '@pharos/platform/redis/subscriptions'
import { runWork, setUser } from '@pharos/platform/telemetry/context'
import { log } from '@pharos/platform/telemetry/log'
import { SpanShape } from '@pharos/platform/telemetry/span-shape'
import type { FeedState, LiveConnection } from './connection.ts'

export type FeedTimes = {
  /** How long an opening waits for Redis to confirm the subscription. */
  readonly joinMs: number
  /** Over how long connections spread the reading of what they missed, once announcements are heard again. */
  readonly spreadMs: number
  /** Between that and the time from which announcements are believed. */
  readonly settleMs: number
  readonly pollMs: number
}

const DELIVER = new SpanShape('deliver live', 'consumer', {
  'messaging.system': 'redis',
  'messaging.operation.type': 'process',
  'messaging.operation.name': 'deliver',
})

const parsed = (text: string): LiveMessage | undefined => {
  try {
    return liveMessage.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** The announcements of one user in this process, for all of his connections. */
export class Feed implements Subscriber, FeedState {
  readonly connections = new Set<LiveConnection>()
  readonly #userId: number
  readonly #times: FeedTimes
  readonly #isRedisAway: () => boolean
  readonly #firstLive = Promise.withResolvers<void>()
  #wasLost = false
  live = false
  trustedFrom = Infinity

  constructor(userId: number, times: FeedTimes, isRedisAway: () => boolean) {
    this.#userId = userId
    this.#times = times
    this.#isRedisAway = isRedisAway
  }

  async joined(): Promise<void> {
    if (this.live || this.#isRedisAway()) return
    await Promise.race([this.#firstLive.promise, pause(this.#times.joinMs, undefined, { ref: false })])
  }

  /**
   * Whoever announces may need longer than this process to find Redis again, and what he can't announce until then is lost:
   * so after an outage announcements only say that there is something to read, for a while.
   */
  onLive(): void {
    const now = performance.now()
    this.live = true
    this.trustedFrom = now + (this.#wasLost ? this.#times.settleMs : 0)
    this.#firstLive.resolve()
    for (const connection of this.connections) connection.readAgain(now + Math.random() * this.#times.spreadMs)
  }

  onLost(): void {
    this.live = false
    this.#wasLost = true
    this.trustedFrom = Infinity
    const now = performance.now()
    for (const connection of this.connections) connection.readAgain(now + Math.random() * this.#times.pollMs)
  }

  onMessage(text: string): void {
    const message = parsed(text)
    if (!message) {
      log.warn('an announcement can’t be read', { 'event.action': 'live.malformed', 'user.id': String(this.#userId) })
      for (const connection of this.connections) connection.readAgain(0)
      return
    }
    const takers = [...this.connections].filter((connection) => connection.isBehind(message.id))
    if (takers.length > 0) this.#deliver(message, takers)
  }

  /** One span for all connections, in the trace of the request that has caused the notification. */
  #deliver(message: LiveMessage, takers: readonly LiveConnection[]): void {
    const { id, notification, previous_id: previousId, correlation_id: correlationId, traceparent } = message
    const item = { id, json: notification.trim(), previousId, correlationId }
    const work = {
      shape: DELIVER,
      origin: { traceparent, correlationId },
      attributes: { 'app.notification_id': id, 'app.connections': takers.length },
    }
    runWork(work, async () => {
      setUser(this.#userId)
      for (const connection of takers) connection.take(item)
    }).catch((error: unknown) =>
      log.error('a notification could not be delivered', { 'event.action': 'live.delivery-failed' }, error),
    )
  }
}
