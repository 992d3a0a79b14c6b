import assert from 'node:assert/strict'
import { test } from 'node:test'
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { activeFrame, activeTraceparent, runWork, withSpan } from './context.ts'
import { frameContextManager } from './otel-context.ts'
import { SpanShape } from './span-shape.ts'
import { tracing } from './trace-pipeline.ts'

context.setGlobalContextManager(frameContextManager)
tracing.notes = true

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

test('the OpenTelemetry API sees the ids of the request that is running, through awaits and spans', async () => {
  await runWork({ shape: new SpanShape('work', 'server'), origin: { traceparent: TRACEPARENT } }, async () => {
    await new Promise(setImmediate)
    await withSpan(new SpanShape('inner', 'internal'), async () => {
      const seen = trace.getActiveSpan()?.spanContext()
      assert.equal(seen?.traceId, '4bf92f3577b34da6a3ce929d0e0e4736')
      assert.equal(seen.spanId, activeFrame()?.spanId)
      assert.equal(seen.traceFlags, 1)
    })
  })
})

test('outside of a request there is no active span', () => {
  assert.equal(trace.getActiveSpan(), undefined)
})

test('a span that a library makes active becomes the parent of the kit’s spans, in its own trace only', async () => {
  await runWork({ shape: new SpanShape('work', 'server'), origin: { traceparent: TRACEPARENT } }, async () => {
    const before = activeTraceparent()
    const span = (traceId: string) => trace.wrapSpanContext({ traceId, spanId: 'a'.repeat(16), traceFlags: 1 })
    const within = (traceId: string) => context.with(trace.setSpan(ROOT_CONTEXT, span(traceId)), activeTraceparent)
    assert.equal(within('4bf92f3577b34da6a3ce929d0e0e4736'), `00-4bf92f3577b34da6a3ce929d0e0e4736-${'a'.repeat(16)}-01`)
    assert.equal(within('b'.repeat(32)), before)
    assert.equal(activeTraceparent(), before)
  })
})

test('a bound function runs in the context in which it was bound, with its arguments', async () => {
  const bound = await runWork(
    { shape: new SpanShape('work', 'server'), origin: { traceparent: TRACEPARENT } },
    async () =>
      context.bind(context.active(), (suffix: string) => `${trace.getActiveSpan()?.spanContext().traceId}${suffix}`),
  )
  assert.equal(bound('!'), '4bf92f3577b34da6a3ce929d0e0e4736!')
})
