import type { EachBatchPayload } from 'kafkajs'
import { unavailable } from '../errors.ts'
import { breakable, stallable } from '../faults/consumer.ts'
import type { Faults } from '../faults/faults.ts'
import type { Database } from '../postgres/connect.ts'
import { log } from '../telemetry/log.ts'
import { counter } from '../telemetry/metrics.ts'
import { backoff } from '../runtime/backoff.ts'
import { createKafka } from './client.ts'
import { sendDeadLetter } from './dead-letters.ts'
import type { EventHandler } from './handler.ts'
import { watchLag } from './lag.ts'
import { keepMember } from './membership.ts'
import { createProcess } from './process.ts'
import { createSender } from './sender.ts'

export { on, onByStatement } from './handler.ts'
export type { EventHandler } from './handler.ts'

export type ConsumerOptions = {
  readonly brokers: readonly string[]
  /** The consumer group, and the consumer's name in the inbox: one per service. */
  readonly groupId: string
  readonly topicPrefix: string
  readonly db: Database
  /** By `on` or `onByStatement`. The topics of their contracts are what is subscribed to. */
  readonly handlers: readonly EventHandler[]
  /** Partitions handled at the same time; each uses one connection of the pool. 4 by default. */
  readonly concurrency?: number
  readonly faults?: Faults | undefined
}

export type RunningConsumer = AsyncDisposable & {
  /** What readiness asks. @throws AppError `unavailable` while the group does not have this member */
  check(): Promise<void>
}

const CONCURRENCY = 4
const MAX_BACKOFF_MS = 15_000

const retries = counter({
  name: 'messaging_retries_total',
  help: 'Times that handling an event was put off because something was unavailable',
  labels: ['topic', 'group'],
})

/**
 * Consumes events of other services: at least once delivered, exactly once in effect. The offset is committed after
 * the transaction that holds both the effect and the inbox row. `unavailable` pauses the partition and tries again;
 * any other fault sends the event to the dead letters and the partition goes on. Starts also when Kafka is away, and
 * comes back by itself after whatever happens to the group. Disposal finishes the events in hand and leaves the group.
 */
export const startConsumer = (options: ConsumerOptions): RunningConsumer => {
  const { brokers, groupId, topicPrefix, db, handlers, faults } = options
  const kafka = createKafka(brokers, groupId)
  const sender = createSender(kafka)
  const failures = new Map<string, number>()

  const process = createProcess({
    db,
    groupId,
    handlers: faults ? handlers.map((handler) => breakable(handler, faults)) : handlers,
    bury: (error, place, message) => sendDeadLetter(sender, { topicPrefix, group: groupId, place, message, error }),
  })

  /** Takes the partition out of the fetches for a while; everything else, heartbeats too, goes on. */
  const putOff = (topic: string, partition: number, pause: () => () => void): void => {
    const key = `${topic}/${partition}`
    const attempt = failures.get(key) ?? 0
    failures.set(key, attempt + 1)
    retries.inc({ topic, group: groupId })
    if (attempt === 0) {
      const fields = { 'event.action': 'messaging.retry', 'messaging.destination.name': topic }
      log.warn('handling an event is put off', fields)
    }
    setTimeout(pause(), backoff(attempt, MAX_BACKOFF_MS)).unref()
  }

  const handleBatch = async (
    { batch, heartbeat, isRunning, isStale, pause, resolveOffset }: EachBatchPayload,
    handled: (offset: string) => void,
    isStopping: () => boolean,
  ): Promise<void> => {
    const topic = batch.topic.slice(topicPrefix.length)
    for (const message of batch.messages) {
      if (isStopping() || !isRunning() || isStale()) return
      if ((await process(topic, batch.partition, message)) === 'retry') return putOff(topic, batch.partition, pause)
      failures.delete(`${topic}/${batch.partition}`)
      resolveOffset(message.offset)
      handled(message.offset)
      await heartbeat()
    }
  }

  const topics = [...new Set(handlers.map(({ contract }) => topicPrefix + contract.topic.name))]
  const concurrency = options.concurrency ?? CONCURRENCY
  // Systems that share a broker must not share a group: each would get partitions of topics that it does not read.
  const group = topicPrefix + groupId
  const handle = faults ? stallable(handleBatch, faults) : handleBatch
  const member = keepMember({ kafka, groupId: group, topics, concurrency, handleBatch: handle })
  const lag = watchLag({ kafka, group, consumer: groupId, topicPrefix, assignment: () => member.assignment })
  return {
    check: async () => {
      if (!member.joined) throw unavailable('kafka.unavailable')
    },
    [Symbol.asyncDispose]: async () => {
      await member[Symbol.asyncDispose]()
      await lag[Symbol.asyncDispose]()
      await sender[Symbol.asyncDispose]()
    },
  }
}
