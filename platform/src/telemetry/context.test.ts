import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import {
  activeCorrelationId,
  activeFrame,
  activeTraceparent,
  runInFrame,
  runWork,
  setUser,
  startSpan,
  TraceRecord,
  withSpan,
} from './context.ts'
import type { WorkOrigin } from './context.ts'
import { newTraceId } from './ids.ts'
import type { SpanNote } from './span-note.ts'
import { SpanShape } from './span-shape.ts'
import { isTraceSampled, SLOW_MS, tracing, useSpanSink } from './trace-pipeline.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

const exported: SpanNote[] = []
useSpanSink({
  take: (spans) => void exported.push(...spans),
  flush: async () => {},
})

beforeEach(() => {
  exported.length = 0
  Object.assign(tracing, { notes: true, enabled: true, ratio: 1, maxPending: Number.MAX_SAFE_INTEGER })
})

const recordOf = (origin: WorkOrigin): TraceRecord => new TraceRecord(new SpanShape('GET', 'server'), origin)
const names = (): string[] => exported.map(({ name }) => name)

test('a valid traceparent continues its trace, with the sender as parent', () => {
  const record = recordOf({ traceparent: `00-${TRACE}-${SPAN}-01` })
  assert.deepEqual([record.traceId, record.root.parentSpanId, record.sampled], [TRACE, SPAN, true])
  assert.notEqual(record.root.spanId, SPAN)
})

test('anything but a valid traceparent starts a trace of its own', () => {
  const faulty = [
    '',
    'garbage',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
  ]
  for (const traceparent of faulty) {
    const record = recordOf({ traceparent })
    assert.match(record.traceId, /^(?!0+$)[0-9a-f]{32}$/, traceparent)
    assert.notEqual(record.traceId, TRACE, traceparent)
    assert.equal(record.root.parentSpanId, undefined, traceparent)
  }
})

test('what goes out names the span that is active, in the same trace', async () => {
  await runWork(
    { shape: new SpanShape('work', 'internal'), origin: { traceparent: `00-${TRACE}-${SPAN}-01` } },
    async () => {
      const outer = activeTraceparent()
      assert.match(outer ?? '', new RegExp(`^00-${TRACE}-(?!${SPAN})[0-9a-f]{16}-01$`))
      await withSpan(new SpanShape('inner', 'internal'), async () => {
        const inner = activeTraceparent()
        assert.notEqual(inner, outer)
        const call = startSpan(new SpanShape('call', 'client'))
        assert.match(call.traceparent ?? '', new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`))
        assert.notEqual(call.traceparent, inner)
        call.end()
      })
      assert.equal(activeTraceparent(), outer)
    },
  )
  assert.deepEqual(names(), ['call', 'inner', 'work'])
  const [call, inner, work] = exported as [SpanNote, SpanNote, SpanNote]
  assert.equal(call.parentSpanId, inner.spanId)
  assert.equal(inner.parentSpanId, work.spanId)
  assert.equal(work.parentSpanId, SPAN)
})

test('without span making, a call still continues the trace of its request', async () => {
  tracing.notes = false
  tracing.enabled = false
  await runWork(
    { shape: new SpanShape('work', 'internal'), origin: { traceparent: `00-${TRACE}-${SPAN}-01` } },
    async () => {
      assert.match(
        startSpan(new SpanShape('call', 'client')).traceparent ?? '',
        new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`),
      )
    },
  )
  assert.deepEqual(names(), [])
})

test('the share of new traces that is sampled is the ratio', () => {
  const share = (ratio: number): number => {
    tracing.ratio = ratio
    return Array.from({ length: 20_000 }, newTraceId).filter(isTraceSampled).length / 20_000
  }
  assert.equal(share(0), 0)
  assert.equal(share(1), 1)
  assert.ok(Math.abs(share(0.1) - 0.1) < 0.02)
})

test('the sender decides on sampling, whatever the ratio', () => {
  tracing.ratio = 0
  assert.equal(recordOf({ traceparent: `00-${TRACE}-${SPAN}-01` }).sampled, true)
  assert.equal(recordOf({ traceparent: `00-${TRACE}-${SPAN}-03` }).sampled, true)
  tracing.ratio = 1
  assert.equal(recordOf({ traceparent: `00-${TRACE}-${SPAN}-00` }).sampled, false)
  assert.equal(recordOf({ traceparent: `00-${TRACE}-${SPAN}-02` }).sampled, false)
})

const workWithSpans = async (finish: (record: TraceRecord) => void): Promise<void> => {
  const record = recordOf({})
  await runInFrame({ record, spanId: record.root.spanId }, async () => {
    startSpan(new SpanShape('SELECT users', 'client')).end()
    await withSpan(new SpanShape('readUser', 'internal'), async () => {})
  })
  finish(record)
}

test('sampled work exports its spans once, with the root last', async () => {
  await workWithSpans((record) => {
    record.close(record.root.startedAt + 1)
    record.close(record.root.startedAt + 2)
  })
  assert.deepEqual(names(), ['SELECT users', 'readUser', 'GET'])
})

test('at ratio 0, work that went well and fast exports nothing', async () => {
  tracing.ratio = 0
  await workWithSpans((record) => record.close(record.root.startedAt + SLOW_MS - 1))
  assert.deepEqual(names(), [])
})

test('at ratio 0, work that failed exports all of its spans', async () => {
  tracing.ratio = 0
  await workWithSpans((record) => {
    record.failed = true
    record.close(record.root.startedAt + 1, new Error('broken'))
  })
  assert.deepEqual(names(), ['SELECT users', 'readUser', 'GET'])
})

test('at ratio 0, work that was slow exports all of its spans', async () => {
  tracing.ratio = 0
  await workWithSpans((record) => record.close(record.root.startedAt + SLOW_MS + 1))
  assert.deepEqual(names(), ['SELECT users', 'readUser', 'GET'])
})

test('with exporting off nothing is exported, not even a failure', async () => {
  tracing.enabled = false
  await workWithSpans((record) => {
    record.failed = true
    record.close(record.root.startedAt + SLOW_MS * 2)
  })
  assert.deepEqual(names(), [])
})

test('a span that ends after its request follows when the request was kept, and only then', () => {
  for (const ratio of [1, 0]) {
    tracing.ratio = ratio
    const record = recordOf({})
    const late = runInFrame({ record, spanId: record.root.spanId }, () => startSpan(new SpanShape('late', 'producer')))
    record.close(record.root.startedAt + 1)
    late.end()
    late.end()
  }
  assert.deepEqual(names(), ['GET', 'late'])
})

test('background work that throws keeps its spans and throws on', async () => {
  tracing.ratio = 0
  const fault = new Error('handler broke for ada@example.org')
  await assert.rejects(
    runWork({ shape: new SpanShape('process users', 'consumer') }, () => Promise.reject(fault)),
    fault,
  )
  const [span] = exported
  assert.equal(span?.failure, 'handler broke for [redacted]')
  assert.equal(activeFrame(), undefined)
})

test('a correlation id is taken when it is valid, else a new one is made', () => {
  for (const valid of ['a', 'A.b_c-9', 'x'.repeat(128)])
    assert.equal(recordOf({ correlationId: valid }).correlationId, valid)
  for (const invalid of [undefined, '', 'x'.repeat(129), 'a b', 'a\nb', 'ü', 'a"b', '<script>', 'a,b']) {
    assert.match(recordOf({ correlationId: invalid }).correlationId, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  }
})

test('the root span says whose request it was and by which correlation id it is found', async () => {
  await runWork({ shape: new SpanShape('work', 'internal'), origin: { correlationId: 'mine' } }, async () => {
    assert.equal(activeCorrelationId(), 'mine')
    setUser(42)
  })
  assert.deepEqual(exported[0]?.attributes, { 'app.correlation_id': 'mine', 'user.id': '42' })
})

test('outside of any request everything is a harmless no-op', async () => {
  const span = startSpan(new SpanShape('SELECT 1', 'client'))
  span.set('key', 'value')
  span.end(new Error('broken'))
  setUser(1)
  assert.equal(await withSpan(new SpanShape('alone', 'internal'), async () => 7), 7)
  assert.deepEqual([span.traceparent, activeTraceparent(), activeCorrelationId()], [undefined, undefined, undefined])
  assert.deepEqual(names(), [])
})

test('work side by side never sees the other one’s context', async () => {
  const seen = await Promise.all(
    Array.from({ length: 100 }, (_item, index) =>
      runWork({ shape: new SpanShape('work', 'internal'), origin: { correlationId: `c${index}` } }, async () => {
        for (let hop = 0; hop < 5; hop += 1) {
          await new Promise(setImmediate)
          assert.equal(activeCorrelationId(), `c${index}`)
        }
        return activeFrame()?.record.traceId
      }),
    ),
  )
  assert.equal(new Set(seen).size, 100)
})
