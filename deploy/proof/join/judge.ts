import type { ReceivedSpan } from '@pharos/platform/telemetry/otlp-json'
import type { StoredError } from '../stores/errors.ts'
import { keyOfLine, type StoredLine } from '../stores/line.ts'
import type { Sent } from './caller.ts'
import { shapeOf } from './edges.ts'
import { answeringOf, servicesOf, statusOf, type Expectation } from './expectations.ts'

/** Why a request is not joined, or undefined when it is. */
export type Fault = string | undefined

const listed = (all: Iterable<string>): string => [...all].join(', ')

const missingIn = (wanted: Iterable<string>, found: ReadonlySet<string>): string[] =>
  [...wanted].filter((one) => !found.has(one))

/** It was answered as it was to be, and the answer names the ids. */
export const judgeAnswer = ({ what, status, correlationId, traceId, answered }: Sent): Fault => {
  if (status !== statusOf(what)) return `was answered ${status ?? 'not at all'} "${answered.message ?? ''}"`
  if (answered.correlationId !== correlationId)
    return `the answer names ${answered.correlationId ?? 'no correlation id'}`
  if (status >= 400 && answered.traceId !== traceId) return `the refusal names ${answered.traceId ?? 'no trace'}`
  return undefined
}

/** The trace is whole, goes on from the caller's span, and has the services and edges of its route, and no others. */
export const judgeTrace = (
  { correlationId, spanId }: Sent,
  expected: Expectation,
  spans: readonly ReceivedSpan[],
): Fault => {
  if (spans.length === 0) return 'there is no trace'
  const shape = shapeOf(spans, spanId)
  const missing = missingIn(expected.edges, shape.edges)
  if (missing.length > 0) return `the trace lacks ${listed(missing)}`
  const allowed = { edges: [...expected.edges, ...(expected.optional ?? [])] }
  const surplus = missingIn(shape.edges, new Set(allowed.edges))
  if (surplus.length > 0) return `the trace also has ${listed(surplus)}`
  const strangers = missingIn(shape.services, servicesOf(allowed))
  if (strangers.length > 0) return `the trace also goes through ${listed(strangers)}`
  if (!shape.continues) return "the gateway does not continue the caller's span"
  if (shape.strays.length > 0) return `nothing leads to ${listed(shape.strays)}`
  const foreign = spans
    .map(({ attributes }) => attributes['app.correlation_id'])
    .find((id) => id !== undefined && id !== correlationId)
  return foreign === undefined ? undefined : `a span has the correlation id ${String(foreign)}`
}

/** A store has the lines that the services wrote, each with the ids of the request. */
export const judgeLines = (
  { correlationId, traceId }: Sent,
  expected: Expectation,
  o: { written: readonly StoredLine[]; stored: readonly StoredLine[] },
): Fault => {
  const silent = missingIn(answeringOf(expected), new Set(o.written.map(({ service }) => service)))
  if (silent.length > 0) return `${listed(silent)} wrote no line`
  const foreign = [...o.written, ...o.stored].find(
    (line) => line.traceId !== traceId || line.correlationId !== correlationId,
  )
  if (foreign !== undefined) return `a line of ${foreign.service} names the trace ${foreign.traceId}`
  if (o.stored.length !== o.written.length) return `${o.stored.length} of ${o.written.length} lines`
  const stored = new Set(o.stored.map(keyOfLine))
  const lost = o.written.filter((line) => !stored.has(keyOfLine(line)))
  return lost.length === 0 ? undefined : `lacks "${lost[0]?.message ?? ''}" of ${lost[0]?.service ?? ''}`
}

/** There is one error event if it was made to fail, of the service that failed, and none otherwise. */
export const judgeErrors = ({ faulted, traceId }: Sent, events: readonly StoredError[]): Fault => {
  const wanted = faulted === undefined ? 0 : 1
  if (events.length !== wanted) return `${events.length} error events instead of ${wanted}`
  const [event] = events
  if (event === undefined) return undefined
  if (event.service !== faulted) return `the error event is of ${event.service}`
  return event.traceId === traceId ? undefined : `the error event names the trace ${event.traceId ?? '(none)'}`
}
