import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lokiLines } from './loki.ts'
import { answering } from './stub.ts'

// Three lines in each nanosecond, so that the end of a page of 5,000 falls into one.
const LINES = 7000
const line = (n: number) => ({
  time: 1_000_000_000 + Math.floor(n / 3),
  stream: { service_name: 'users', trace_id: `trace-${n}`, span_id: 'span', labels_correlation_id: `mark-${n}` },
})
const all = Array.from({ length: LINES }, (_, n) => line(n))

test('every line comes once, however many pages they fill', async () => {
  const asked: string[] = []
  await using loki = await answering(({ searchParams }) => {
    const [start, end, limit] = ['start', 'end', 'limit'].map((name) => Number(searchParams.get(name)))
    asked.push(searchParams.get('query') ?? '')
    const page = all.filter(({ time }) => time >= (start ?? 0) && time < (end ?? 0)).slice(0, limit)
    return { data: { result: page.map(({ time, stream }) => ({ stream, values: [[String(time), 'GET']] })) } }
  })
  const lines = await lokiLines(loki.url, 'mark', { fromMs: 1000, toMs: 2000 })
  assert.equal(lines.length, LINES)
  assert.equal(new Set(lines.map(({ traceId }) => traceId)).size, LINES)
  assert.equal(asked.length, 2)
  assert.match(asked[0] ?? '', /labels_correlation_id=~"mark\.\*"/)
  assert.deepEqual(lines[0], {
    service: 'users',
    message: 'GET',
    traceId: 'trace-0',
    spanId: 'span',
    correlationId: 'mark-0',
  })
})
