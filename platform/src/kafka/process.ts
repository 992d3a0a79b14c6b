import type { KafkaMessage } from 'kafkajs'
import type { z } from 'zod'
import { AppError, isAppError } from '../errors.ts'
import type { Database } from '../postgres/connect.ts'
import { oncePerKey } from '../runtime/once-per-key.ts'
import { runWork } from '../telemetry/context.ts'
import { counter, histogram } from '../telemetry/metrics.ts'
import type { Place } from './dead-letters.ts'
import type { ConsumedEvent, EventHandler } from './handler.ts'
import { fromHeaders } from './message.ts'
import type { Envelope } from './message.ts'
import { messagingShape } from './messaging-shape.ts'

/** What became of a message; after `retry` nothing was done, and it must be given again. */
export type Outcome = 'ok' | 'duplicate' | 'ignored' | 'dead' | 'retry'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const duration = histogram({
  name: 'messaging_process_duration_seconds',
  help: 'Duration of handling an event',
  labels: ['topic', 'outcome'],
})
const age = histogram({
  name: 'messaging_event_age_seconds',
  help: 'From an event happening to its being handled',
  labels: ['topic', 'outcome'],
})
const duplicates = counter({
  name: 'messaging_duplicates_total',
  help: 'Events that were delivered again and had no effect',
  labels: ['topic', 'group'],
})

const invalid = (message: string): AppError => new AppError('invalid', 'event.invalid', message)

const parseJson = (value: Buffer | null): unknown => {
  try {
    return JSON.parse(value?.toString() ?? '')
  } catch {
    throw invalid('the payload is not JSON')
  }
}

/** Names the faulty fields and never their values. */
const describe = (error: z.ZodError): string =>
  error.issues.map(({ path, code }) => `${path.join('.') || '(payload)'}: ${code}`).join(', ')

const toEvent = (handler: EventHandler, envelope: Envelope, message: KafkaMessage): ConsumedEvent<unknown> => {
  const { id, type, time } = envelope
  if (id === undefined || !UUID.test(id)) throw invalid('ce_id is missing or not a UUID')
  if (time === undefined) throw invalid('ce_time is missing or not a time')
  const parsed = handler.contract.schema.safeParse(parseJson(message.value))
  if (!parsed.success) throw invalid(`the payload breaks its contract: ${describe(parsed.error)}`)
  return { id, type: type as string, key: message.key?.toString() ?? '', time, data: parsed.data }
}

/**
 * Makes the function that handles one message: span, contract, handler, metrics. It
 * never throws. `bury` puts a message that cannot be handled into the dead letters; when that fails, it is a `retry`.
 */
export const createProcess = (options: {
  db: Database
  groupId: string
  handlers: readonly EventHandler[]
  bury: (error: unknown, place: Place, message: KafkaMessage) => Promise<void>
}) => {
  const { db, groupId, bury } = options
  const handlers = new Map(options.handlers.map((handler) => [handler.contract.type, handler]))
  const shapeOf = oncePerKey((topic: string) =>
    messagingShape('process', topic, { 'messaging.consumer.group.name': groupId }),
  )

  const handle = async (handler: EventHandler, envelope: Envelope, message: KafkaMessage): Promise<Outcome> => {
    const event = toEvent(handler, envelope, message)
    if (handler.concerns?.(event.data) === false) return 'ignored'
    const isFirst = await handler.run(db, groupId, event)
    return isFirst ? 'ok' : 'duplicate'
  }

  const fail = async (error: unknown, place: Place, message: KafkaMessage): Promise<Outcome> => {
    if (isAppError(error) && error.kind === 'unavailable') return 'retry'
    try {
      await bury(error, place, message)
      return 'dead'
    } catch {
      return 'retry'
    }
  }

  const run = async (topic: string, partition: number, envelope: Envelope, message: KafkaMessage): Promise<Outcome> => {
    const handler = envelope.type === undefined ? undefined : handlers.get(envelope.type)
    if (!handler || handler.contract.topic.name !== topic) return 'ignored'
    const attributes = {
      'messaging.destination.partition.id': String(partition),
      'messaging.message.id': envelope.id ?? '',
      'app.event.type': handler.contract.type,
    }
    let outcome: Outcome = 'retry'
    const work = { shape: shapeOf(topic), origin: envelope.origin, attributes }
    try {
      await runWork(work, async () => {
        try {
          outcome = await handle(handler, envelope, message)
        } catch (error) {
          outcome = await fail(error, { topic, partition, offset: message.offset }, message)
          throw error
        }
      })
    } catch {
      // Thrown above so that the span shows the fault; it is logged there too.
    }
    return outcome
  }

  return async (topic: string, partition: number, message: KafkaMessage): Promise<Outcome> => {
    const startedAt = performance.now()
    const envelope = fromHeaders(message.headers)
    const outcome = await run(topic, partition, envelope, message)
    const labels = { topic, outcome }
    duration.observe(labels, (performance.now() - startedAt) / 1_000)
    if (envelope.time !== undefined && outcome !== 'retry')
      age.observe(labels, Math.max(0, Date.now() - envelope.time.getTime()) / 1_000)
    if (outcome === 'duplicate') duplicates.inc({ topic, group: groupId })
    return outcome
  }
}
