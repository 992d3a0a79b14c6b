import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { SpanNote } from './span-note.ts'
import { SpanShape } from './span-shape.ts'
import { countingExporter, exportSpans, spanCounts, tracing, useSpanSink } from './trace-pipeline.ts'

const counts = { ok: 0, failed: 0, dropped: 0 }
spanCounts.exported = (outcome, spans) => (counts[outcome] += spans)
spanCounts.dropped = (spans) => (counts.dropped += spans)

const queue: SpanNote[] = []
let outcome = 0
const backend: SpanExporter = {
  export: (_spans, done) => done({ code: outcome }),
  shutdown: async () => {},
}
const exporter = countingExporter(backend)
const leaveQueue = (spans: number): void =>
  exporter.export(queue.splice(0, spans) as unknown as ReadableSpan[], () => {})

useSpanSink({
  take: (spans) => void queue.push(...spans),
  flush: async () => {},
})

const shape = new SpanShape('GET', 'server')
const ids = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentSpanId: undefined }
const spans = (count: number): SpanNote[] => Array.from({ length: count }, () => new SpanNote(shape, ids, 0, undefined))

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
