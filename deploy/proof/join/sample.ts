import type { ReceivedSpan, SpanKindName } from '@pharos/platform/telemetry/otlp-json'
import type { Sent } from './caller.ts'

// For tests alone: a request and its trace, as small as they can be.

export const CALLER = 'c'.repeat(16)
const TRACE = 'd'.repeat(32)

type More = { parent?: string; to?: string; id?: string; correlationId?: string }

export const span = (name: string, service: string, kind: SpanKindName, more: More = {}): ReceivedSpan => ({
  traceId: TRACE,
  spanId: more.id ?? `${name}@${service}`,
  parentSpanId: more.parent,
  name,
  kind,
  service,
  attributes: {
    ...(more.to !== undefined && { 'messaging.destination.name': more.to }),
    ...(more.correlationId !== undefined && { 'app.correlation_id': more.correlationId }),
  },
  status: 'unset',
  statusMessage: undefined,
  start: 0,
  end: 1,
  links: [],
})

export const TRACE_OF_A_FOLLOW: readonly ReceivedSpan[] = [
  span('POST', 'gateway', 'server', { parent: CALLER, id: 'a', correlationId: 'test-1' }),
  span('POST', 'gateway', 'client', { parent: 'a', id: 'b' }),
  span('POST', 'relations', 'server', { parent: 'b', id: 'c', correlationId: 'test-1' }),
  span('followUser', 'relations', 'internal', { parent: 'c', id: 'd' }),
  span('send', 'relations', 'producer', { parent: 'd', id: 'e', to: 'pharos.relations.v1' }),
  span('process', 'notifications', 'consumer', { parent: 'e', id: 'f', to: 'pharos.relations.v1' }),
  span('send', 'notifications', 'producer', { parent: 'f', id: 'g', to: 'pharos.notifications.v1' }),
  span('push', 'notifications', 'producer', { parent: 'f', id: 'h', to: 'live' }),
]

export const request = (more: Partial<Sent> = {}): Sent => ({
  what: 'follow 200',
  correlationId: 'test-1',
  traceId: TRACE,
  spanId: CALLER,
  status: 200,
  answered: { correlationId: 'test-1', traceId: undefined, message: undefined },
  data: undefined,
  sentMs: 0,
  answeredMs: 1,
  ...more,
})
