import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spansOfAnswer } from './tempo.ts'

const TRACE = '5792e112f1409a845e8c4d2d8293e9e0'
const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64')

const batch = (ids: { traceId: string; spanId: string; parentSpanId?: string }) => ({
  resource: { attributes: [{ key: 'service.name', value: { stringValue: 'users' } }] },
  scopeSpans: [{ spans: [{ ...ids, name: 'GET', kind: 'SPAN_KIND_SERVER' }] }],
})

test('a trace is read alike, whether its ids are written as base64 or as hex', () => {
  const asBase64 = batch({
    traceId: base64(TRACE),
    spanId: base64('00f067aa0ba902b7'),
    parentSpanId: base64('a'.repeat(16)),
  })
  const asHex = batch({ traceId: TRACE, spanId: '00f067aa0ba902b7', parentSpanId: 'a'.repeat(16) })
  const bodies = [{ batches: [asBase64] }, { resourceSpans: [asHex] }, { trace: { resourceSpans: [asHex] } }]
  for (const body of bodies) {
    const [span, ...others] = spansOfAnswer(JSON.stringify(body))
    assert.deepEqual(others, [])
    assert.deepEqual(
      [span?.traceId, span?.spanId, span?.parentSpanId, span?.service, span?.kind],
      [TRACE, '00f067aa0ba902b7', 'a'.repeat(16), 'users', 'server'],
    )
  }
})

test('an answer of another shape is an error, not a trace without spans', () => {
  assert.throws(() => spansOfAnswer('{"message":"no"}'))
})
