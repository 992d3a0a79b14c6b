import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byId, sharesOf, type Evidence } from './evidence.ts'
import { exemplarShare } from './exemplars.ts'
import { request, TRACE_OF_A_FOLLOW } from './sample.ts'

const { traceId } = request()
const line = (service: string) => ({ service, message: service, traceId, spanId: 'a', correlationId: 'test-1' })
const lines = byId([line('gateway'), line('relations')], ({ correlationId }) => correlationId)

const evidence: Evidence = {
  traces: byId(TRACE_OF_A_FOLLOW, (span) => span.traceId),
  written: lines,
  loki: lines,
  elasticsearch: byId([line('gateway')], ({ correlationId }) => correlationId),
  errors: new Map(),
  bugsink: undefined,
}

test('each signal says how many requests it leads to, and why not to the others; a store that is not there says nothing', () => {
  const shares = sharesOf([request()], evidence)
  assert.deepEqual(
    shares.map(({ signal, joined, of }) => [signal, joined, of]),
    [
      ['answer', 1, 1],
      ['trace', 1, 1],
      ['loki', 1, 1],
      ['elasticsearch', 0, 1],
      ['error events', 1, 1],
    ],
  )
  const [unjoined] = shares[3]?.unjoined ?? []
  assert.equal(unjoined?.why, '1 of 2 lines')
  assert.equal(unjoined.sent.correlationId, 'test-1')
})

test('an exemplar of a request leads to a span of the service that it is of; those of others do not count', () => {
  const exemplar = { metric: 'm', service: 'relations', traceId, spanId: 'c' }
  const traces = evidence.traces ?? new Map<string, never>()
  const foreign = { ...exemplar, traceId: 'f'.repeat(32) }
  assert.deepEqual(exemplarShare([exemplar, exemplar, foreign], traces), { resolved: 1, of: 1, first: undefined })
  const { resolved, of, first } = exemplarShare(
    [exemplar, { ...exemplar, service: 'users' }, { ...exemplar, spanId: 'z' }],
    traces,
  )
  assert.deepEqual([resolved, of], [1, 3])
  assert.match(first ?? '', /m of users points to span c of trace d+/)
})
