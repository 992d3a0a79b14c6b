import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { SpanNote } from './span-note.ts'
import { countingExporter, exportSpans, spanCounts, tracing, useSpanProcessor } from './trace-pipeline.ts'

const counts = { ok: 0, failed: 0, dropped: 0 }
spanCounts.exported = (outcome, spans) => (counts[outcome] += spans)
spanCounts.dropped = (spans) => (counts.dropped += spans)

const queue: ReadableSpan[] = []
let outcome = 0
const backend: SpanExporter = {
  export: (_spans, done) => done({ code: outcome }),
  shutdown: async () => {},
}
const exporter = countingExporter(backend)
const leaveQueue = (spans: number): void => exporter.export(queue.splice(0, spans), () => {})

useSpanProcessor({
  onStart: () => {},
  onEnd: (span) => void queue.push(span),
  forceFlush: async () => {},
  shutdown: async () => {},
})

const spans = (count: number): SpanNote[] =>
  Array.from({ length: count }, () => new SpanNote('GET', 'server', 'a'.repeat(32), 'b'.repeat(16), undefined, 0, {}))

beforeEach(() => {
  leaveQueue(queue.length)
  Object.assign(counts, { ok: 0, failed: 0, dropped: 0 })
  tracing.maxPending = 10
  outcome = 0
})

test('beyond its bound the queue drops spans, counts them, and never grows', () => {
  exportSpans(spans(8))
  exportSpans(spans(3))
  exportSpans(spans(2))
  assert.deepEqual([queue.length, counts.dropped], [10, 3])
  exportSpans(spans(1))
  assert.deepEqual([queue.length, counts.dropped], [10, 4])
})

test('what was exported makes room again, whether the collector took it or not', () => {
  exportSpans(spans(10))
  leaveQueue(6)
  outcome = 1
  leaveQueue(4)
  assert.deepEqual([counts.ok, counts.failed], [6, 4])
  exportSpans(spans(10))
  assert.deepEqual([queue.length, counts.dropped], [10, 0])
})

test('a span note reads as an OpenTelemetry span', () => {
  const note = new SpanNote(
    'GET /users/:id',
    'server',
    'a'.repeat(32),
    'b'.repeat(16),
    'c'.repeat(16),
    1_700_000_000_000.5,
    {},
  )
  note.finish(1_700_000_000_002.75, new Error('no such host as ada@example.org'))
  assert.deepEqual(note.startTime, [1_700_000_000, 500_000])
  assert.deepEqual(note.endTime, [1_700_000_000, 2_750_000])
  assert.deepEqual(note.duration, [0, 2_250_000])
  assert.deepEqual(note.status, { code: 2, message: 'no such host as [redacted]' })
  assert.equal(note.parentSpanContext?.spanId, 'c'.repeat(16))
  assert.equal(note.spanContext().traceFlags, 1)
})
