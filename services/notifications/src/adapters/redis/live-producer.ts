import { liveChannel } from '@pharos/platform/contracts/live'
import type { EventMessage } from '@pharos/platform/kafka/message'
import type { EventProducer } from '@pharos/platform/kafka/producer'
import type { RedisConnection } from '@pharos/platform/redis/connect'
import { activeCorrelationId, activeTraceparent, runWork } from '@pharos/platform/telemetry/context'
import { log } from '@pharos/platform/telemetry/log'
import { counter } from '@pharos/platform/telemetry/metrics'
import { SpanShape } from '@pharos/platform/telemetry/span-shape'
import { announcementOf } from './live-messages.ts'
import type { Announcement } from './live-messages.ts'

/** One command for many messages: a pipeline of as many commands costs this process seven times as much. */
const PUBLISH_ALL = `
for i = 1, #ARGV, 2 do redis.call('PUBLISH', ARGV[i], ARGV[i + 1]) end
return 1
`
/** Nobody else is served while the script runs: that many take a millisecond or two. */
const MAX_PUSHES = 500

const shape = new SpanShape('push live', 'producer', {
  'messaging.system': 'redis',
  'messaging.operation.type': 'send',
  'messaging.operation.name': 'push',
  'messaging.destination.name': 'live',
})

const pushes = counter({
  name: 'realtime_pushes_total',
  help: 'Notifications announced to live connections: ok, failed, or skipped because Redis was away',
  labels: ['outcome'],
})

/** `all` are channels, each followed by its message. @throws AppError `unavailable` */
const send = async (redis: RedisConnection, all: readonly string[]): Promise<void> => {
  for (let start = 0; start < all.length; start += 2 * MAX_PUSHES) {
    await redis.run(PUBLISH_ALL, [], all.slice(start, start + 2 * MAX_PUSHES))
  }
}

/**
 * A producer that also announces each new notification to its user's live connections, once Kafka has the event. An
 * announcement is a courtesy and never fails the publishing: each names the one before it, so who has missed one asks for it. If the process dies before the event leaves the outbox it is announced again, and receivers drop ids that are not
 * higher than the last.
 */
export const announceLive = (producer: EventProducer, redis: RedisConnection): EventProducer => {
  /** Each event has a span of its own, in the trace of the request that caused it, and what is delivered continues it. */
  const spanned = ({ message, recipients, textsFor }: Announcement, sent: Promise<void>, collected: string[]) => {
    const attributes = {
      'messaging.message.id': message.id,
      'app.event.type': message.type,
      'messaging.batch.message_count': recipients.length,
    }
    return runWork({ shape, attributes, ...(message.origin && { origin: message.origin }) }, () => {
      const textOf = textsFor({ traceparent: activeTraceparent(), correlationId: activeCorrelationId() })
      for (const recipient of recipients) {
        collected.push(redis.prefix + liveChannel(recipient.user_id), textOf(recipient))
      }
      return sent
    })
  }

  const announce = async (announcements: readonly Announcement[]): Promise<void> => {
    const collected: string[] = []
    const sent = Promise.withResolvers<void>()
    const settled = Promise.allSettled(announcements.map((one) => spanned(one, sent.promise, collected)))
    try {
      await send(redis, collected)
      sent.resolve()
      pushes.inc({ outcome: 'ok' }, collected.length / 2)
    } catch (error) {
      sent.reject(error)
      pushes.inc({ outcome: 'failed' }, collected.length / 2)
      throw error
    } finally {
      await settled
    }
  }

  const announceAll = async (messages: readonly EventMessage[]): Promise<void> => {
    const announcements = messages.flatMap((message) => announcementOf(message) ?? [])
    if (announcements.length === 0) return
    if (redis.available) return announce(announcements)
    pushes.inc(
      { outcome: 'skipped' },
      announcements.reduce((count, { recipients }) => count + recipients.length, 0),
    )
  }

  return {
    publish: async (messages) => {
      await producer.publish(messages)
      await announceAll(messages).catch((error: unknown) => {
        log.warn('notifications were not announced', { 'event.action': 'realtime.push-failed' }, error)
      })
    },
  }
}
