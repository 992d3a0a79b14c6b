import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Verdict } from './judge.ts'
import { createLatencies } from './latencies.ts'
import { complaints, createRecorder, renderReport } from './report.ts'

const filled = (counts: Partial<Record<Verdict, number>>) => {
  const recorder = createRecorder()
  const statusOf: Record<Verdict, number | undefined> = { ok: 200, limited: 429, failed: undefined, unexpected: 500 }
  for (const [verdict, count] of Object.entries(counts) as [Verdict, number][]) {
    for (let n = 0; n < count; n += 1) {
      const what = verdict === 'ok' ? '' : 'something else'
      const correlationId = `id-${verdict}-${n}`
      recorder.record({ operation: 'getUser', status: statusOf[verdict], ms: 1 + n, verdict, correlationId, what })
    }
  }
  return recorder
}

test('percentiles are right to two percent, from a tenth of a millisecond to a minute', () => {
  const latencies = createLatencies()
  for (let n = 1; n <= 1000; n += 1) latencies.add(n)
  for (const [share, exact] of [
    [0.5, 500],
    [0.95, 950],
    [0.99, 990],
    [1, 1000],
  ] as const) {
    const found = latencies.percentile(share)
    assert.ok(found >= exact && found <= exact * 1.02, `${share}: ${found}`)
  }
  for (const ms of [0.1, 60_000]) {
    const one = createLatencies()
    one.add(ms)
    assert.ok(Math.abs(one.percentile(0.5) / ms - 1) < 0.021, String(one.percentile(0.5)))
  }
  assert.equal(createLatencies().percentile(0.5), Number.NaN)
})

test('a report counts answers by operation, status and verdict, and keeps the ids of what went wrong', () => {
  const report = filled({ ok: 8, limited: 1, failed: 1, unexpected: 2 }).report(4)
  assert.deepEqual([report.count, report.perSecond], [12, 3])
  assert.deepEqual(report.operations[0]?.statuses, { 200: 8, 429: 1, 500: 2, none: 1 })
  assert.deepEqual(report.verdicts, { ok: 8, limited: 1, failed: 1, unexpected: 2 })
  assert.deepEqual(
    report.faults.map(({ correlationId }) => correlationId),
    ['id-failed-0', 'id-unexpected-0', 'id-unexpected-1'],
  )
})

test('a line is about what came since the last one', () => {
  const recorder = filled({ ok: 100 })
  assert.match(recorder.line(10), /^10 req\/s, p50 \d+ ms/)
  assert.match(recorder.line(20), /^0\.0 req\/s, p50 – ms/)
  recorder.skip()
  assert.match(recorder.line(30), /, 1 skipped so far$/)
})

test('one unexpected answer spoils a run, and of what may fail now and then more than a thousandth', () => {
  assert.deepEqual(complaints(filled({ ok: 1000, failed: 1 }).report(1)), [])
  assert.match(complaints(filled({ ok: 1000, failed: 2 }).report(1))[0] ?? '', /^2 requests failed \(0\.20 %\)/)
  assert.match(complaints(filled({ ok: 9999, unexpected: 1 }).report(1))[0] ?? '', /^1 answers are not what/)
  assert.match(complaints(filled({ ok: 10, limited: 90 }).report(1))[0] ?? '', /RATE_LIMIT=off npm start/)
  const skipping = filled({ ok: 100 })
  skipping.skip()
  assert.match(complaints(skipping.report(1))[0] ?? '', /does not keep up/)
})

test('the report as text has a row for each operation and the complaints at its end', () => {
  const text = renderReport(filled({ ok: 8, unexpected: 1 }).report(3))
  assert.match(text, /^9 requests in 3 s, 3\.0 per second/)
  assert.match(text, / getUser +9 +3\.0 .* 1 {2}8 × 200, 1 × 500\n/)
  assert.match(text, /id-unexpected-0 {2}getUser: something else\n/)
  assert.ok(text.endsWith('✖ 1 answers are not what the contract says.'))
})
