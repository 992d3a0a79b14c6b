import type { IHeaders } from 'kafkajs'
import type { WorkOrigin } from '../telemetry/context.ts'

/** An event on the wire. `data` is JSON text, because the relay passes on what the database gave it. */
export type EventMessage = {
  /** Without the prefix of the environment. */
  readonly topic: string
  readonly key: string
  readonly id: string
  readonly type: string
  readonly source: string
  readonly time: Date
  readonly data: string
  /** The request that caused it; without one, the running request or work. */
  readonly origin?: WorkOrigin
}

/** What can be read from the headers of a message; anything may be missing. */
export type Envelope = {
  readonly id: string | undefined
  readonly type: string | undefined
  readonly source: string | undefined
  readonly time: Date | undefined
  readonly origin: WorkOrigin
}

/** Headers of CloudEvents 1.0 in Kafka's binary mode, and the ids of the request. */
export const toHeaders = (message: EventMessage, origin: WorkOrigin): IHeaders => ({
  'content-type': 'application/json',
  ce_specversion: '1.0',
  ce_id: message.id,
  ce_type: message.type,
  ce_source: message.source,
  ce_time: message.time.toISOString(),
  ...(origin.traceparent !== undefined && { traceparent: origin.traceparent }),
  ...(origin.correlationId !== undefined && { correlation_id: origin.correlationId }),
})

const text = (headers: IHeaders | undefined, name: string): string | undefined => {
  const value = headers?.[name]
  return Array.isArray(value) ? value[0]?.toString() : value?.toString()
}

const date = (value: string | undefined): Date | undefined => {
  const time = new Date(value ?? '')
  return Number.isNaN(time.getTime()) ? undefined : time
}

export const fromHeaders = (headers: IHeaders | undefined): Envelope => ({
  id: text(headers, 'ce_id'),
  type: text(headers, 'ce_type'),
  source: text(headers, 'ce_source'),
  time: date(text(headers, 'ce_time')),
  origin: { traceparent: text(headers, 'traceparent'), correlationId: text(headers, 'correlation_id') },
})
