import type { z } from 'zod'
import { newUuid } from '../../telemetry/ids.ts'
import type { Topic } from '../topics.ts'

/** A fact on its way out: what `appendEvents` stores and the relay publishes. */
export type DomainEvent<T = unknown> = {
  /** UUID version 7; consumers recognise a duplicate by it. */
  readonly id: string
  readonly type: string
  readonly topic: string
  readonly source: string
  /** Events of one key arrive in the order of their transactions. */
  readonly key: string
  readonly time: Date
  readonly data: T
}

/** One event type in one version: its wire name, where it goes, what it holds. */
export type EventContract<T = unknown> = {
  readonly type: string
  readonly topic: Topic
  readonly schema: z.ZodType<T>
  readonly key: (data: T) => string
  /** Makes the event. @throws ZodError when `data` breaks the contract, which is a programming error */
  readonly event: (data: T, time?: Date) => DomainEvent<T>
}

/**
 * Declares an event. `type` is what travels as `ce_type`; a second version gets a type of its own (`user.created.v2`).
 * `key` names the aggregate whose events must stay in order.
 */
export const defineEvent = <S extends z.ZodType>(definition: {
  type: string
  topic: Topic
  schema: S
  key: (data: z.output<S>) => string | number
}): EventContract<z.output<S>> => {
  const { type, topic, schema } = definition
  const key = (data: z.output<S>): string => String(definition.key(data))
  return {
    type,
    topic,
    schema: schema as z.ZodType<z.output<S>>,
    key,
    event: (data, time = new Date()) => {
      const checked = schema.parse(data)
      return { id: newUuid(), type, topic: topic.name, source: topic.source, key: key(checked), time, data: checked }
    },
  }
}
