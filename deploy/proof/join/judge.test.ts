import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredLine } from '../stores/line.ts'
import { EXPECTATIONS } from './expectations.ts'
import { judgeAnswer, judgeErrors, judgeLines, judgeTrace } from './judge.ts'
import { request, span, TRACE_OF_A_FOLLOW } from './sample.ts'

const FOLLOW = EXPECTATIONS['follow 200']
const { traceId } = request()

test('an answer is as it was to be and names its ids', () => {
  assert.equal(judgeAnswer(request()), undefined)
  assert.match(judgeAnswer(request({ status: 503 })) ?? '', /was answered 503/)
  assert.match(judgeAnswer(request({ status: undefined })) ?? '', /not at all/)
  const answered = { correlationId: 'another', traceId: undefined, message: undefined }
  assert.match(judgeAnswer(request({ answered })) ?? '', /names another/)
  const refusal = { what: 'follow 409', status: 409 }
  assert.match(judgeAnswer(request(refusal)) ?? '', /names no trace/)
  assert.equal(judgeAnswer(request({ ...refusal, answered: { ...request().answered, traceId } })), undefined)
})

test('a trace is right when it has all that its route implies; a card that is asked for is allowed', () => {
  assert.equal(judgeTrace(request(), FOLLOW, TRACE_OF_A_FOLLOW), undefined)
  const asked = span('GET', 'users', 'server', { parent: 'd' })
  assert.equal(judgeTrace(request(), FOLLOW, [...TRACE_OF_A_FOLLOW, asked]), undefined)
})

const wrong: readonly [what: string, spans: typeof TRACE_OF_A_FOLLOW, fault: RegExp][] = [
  ['that is not there', [], /there is no trace/],
  ['without the consumer', TRACE_OF_A_FOLLOW.slice(0, 5), /lacks .*pharos\.relations\.v1⇒notifications/],
  [
    'with a call too many',
    [...TRACE_OF_A_FOLLOW, span('GET', 'auth', 'server', { parent: 'd' })],
    /also has relations→auth/,
  ],
  [
    'with a span of nobody',
    [...TRACE_OF_A_FOLLOW, span('x', 'relations', 'internal', { parent: 'z' })],
    /nothing leads to x/,
  ],
  ['with a stranger', [...TRACE_OF_A_FOLLOW, span('x', 'auth', 'internal')], /also goes through auth/],
  [
    'with the id of another request',
    [...TRACE_OF_A_FOLLOW, span('x', 'relations', 'internal', { parent: 'd', correlationId: 'test-2' })],
    /correlation id test-2/,
  ],
]
for (const [what, spans, fault] of wrong) {
  test(`a trace ${what} is not right`, () => assert.match(judgeTrace(request(), FOLLOW, spans) ?? '', fault))
}

const line = (service: string, more: Partial<StoredLine> = {}): StoredLine => ({
  service,
  message: `POST of ${service}`,
  traceId,
  spanId: 'a',
  correlationId: 'test-1',
  ...more,
})

test('a store has each line that was written, once, with the ids of the request', () => {
  const written = [line('gateway'), line('relations')]
  const judge = (stored: readonly StoredLine[], all = written) =>
    judgeLines(request(), FOLLOW, { written: all, stored })
  assert.equal(judge(written.toReversed()), undefined)
  assert.match(judge(written.slice(1)) ?? '', /1 of 2 lines/)
  assert.match(judge([...written, line('gateway')]) ?? '', /3 of 2 lines/)
  assert.match(judge([line('gateway'), line('relations', { message: 'another' })]) ?? '', /lacks "POST of relations"/)
  assert.match(judge([line('gateway'), line('relations', { traceId: 'e' })]) ?? '', /names the trace e/)
  assert.match(judge([line('gateway')], [line('gateway')]) ?? '', /relations wrote no line/)
})

test('there is one error event if the request was made to fail, of who failed, and none otherwise', () => {
  const event = { eventId: '1', service: 'users', traceId, correlationId: 'test-1' }
  const faulted = request({ faulted: 'users' })
  assert.equal(judgeErrors(request(), []), undefined)
  assert.equal(judgeErrors(faulted, [event]), undefined)
  assert.match(judgeErrors(request(), [event]) ?? '', /1 error events instead of 0/)
  assert.match(judgeErrors(faulted, []) ?? '', /0 error events instead of 1/)
  assert.match(judgeErrors(faulted, [event, event]) ?? '', /2 error events/)
  assert.match(judgeErrors(faulted, [{ ...event, service: 'gateway' }]) ?? '', /is of gateway/)
  assert.match(judgeErrors(faulted, [{ ...event, traceId: 'e' }]) ?? '', /names the trace e/)
})
