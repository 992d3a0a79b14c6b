import { randomUUID } from 'node:crypto'
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs'
import { unavailable } from '../errors.ts'
import { translateKafkaError } from './client.ts'

/** Nothing comes any more though something should: the broker hangs, or retention has just taken what was asked for. */
const SILENCE_MS = 15_000
const MAX_WAIT_MS = 100

/** Messages of one partition, `from` included, `to` not. */
export type Range = {
  readonly kafka: Kafka
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly to: number
}

/** Rejects when `touch` was not called for some time. */
const watchSilence = () => {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(unavailable('kafka.silent')), SILENCE_MS)
  return { promise, touch: () => void timer.refresh(), stop: () => clearTimeout(timer) }
}

const consumeRange = async (
  consumer: Consumer,
  { topic, partition, from, to }: Range,
  handle: (messages: KafkaMessage[]) => Promise<void>,
): Promise<void> => {
  const done = Promise.withResolvers<void>()
  const silence = watchSilence()
  let next = from
  const eachBatch = async ({ batch, heartbeat }: EachBatchPayload): Promise<void> => {
    if (batch.partition !== partition || next >= to) return
    silence.touch()
    const inRange = batch.messages.filter(({ offset }) => Number(offset) >= next && Number(offset) < to)
    next = Math.max(next, Number(batch.lastOffset()) + 1)
    try {
      if (inRange.length > 0) await handle(inRange)
      if (next >= to) done.resolve()
    } catch (error) {
      next = to
      done.reject(error)
    }
    await heartbeat()
  }
  // After a restart kafkajs begins where the partition begins, and what was handled is passed over.
  consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || done.reject(payload.error))
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const running = consumer.run({ autoCommit: false, eachBatch })
    // Only what runs can be told where to begin; it has not asked for anything yet.
    consumer.seek({ topic, partition, offset: String(from) })
    await Promise.race([Promise.all([running, done.promise]), silence.promise])
  } finally {
    silence.stop()
    await consumer.disconnect().catch(() => {})
  }
}

/** An empty group that cannot be removed now is forgotten by the broker in time. */
const removeGroup = async (kafka: Kafka, groupId: string): Promise<void> => {
  const admin = kafka.admin()
  try {
    await admin.connect()
    await admin.deleteGroups([groupId])
  } catch {
    // Nobody waits for it.
  } finally {
    await admin.disconnect().catch(() => {})
  }
}

/**
 * Gives `handle` what lies in the range, in portions and in order, each when the one before is done. kafkajs reads only
 * as a member of a group, so one is made for this and removed again.
 * @throws AppError `unavailable`, or that of `handle`
 */
export const readRange = async (range: Range, handle: (messages: KafkaMessage[]) => Promise<void>): Promise<void> => {
  if (range.from >= range.to) return
  const { kafka } = range
  const groupId = `read-range-${randomUUID()}`
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: MAX_WAIT_MS,
    allowAutoTopicCreation: false,
    // A broker that has just started says for a while that it is still loading its groups, which kafkajs meets by a restart.
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
  })
  try {
    await consumeRange(consumer, range, handle)
  } catch (error) {
    throw translateKafkaError(error)
  } finally {
    await removeGroup(kafka, groupId)
  }
}
