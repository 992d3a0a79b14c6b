import assert from 'node:assert/strict'
import type { ApiAnswer } from '@pharos/platform/testing/api-client'

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
export const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** The data of an answer that must be a success in the contract's envelope, with nothing else in it. */
export const dataOf = <D>(answer: ApiAnswer<D>, status: number, message?: string): D => {
  assert.equal(answer.status, status, answer.text)
  const { body } = answer
  assert.ok(body, 'there must be a JSON body')
  const keys = [
    'status',
    'timestamp',
    ...(body.data === undefined ? [] : ['data']),
    ...(message === undefined ? [] : ['message']),
  ]
  assert.deepEqual(Object.keys(body).toSorted(), keys.toSorted())
  assert.equal(body.status, status)
  assert.equal(body.message, message)
  assert.match(body.timestamp, RFC_3339)
  return body.data as D
}

/** Codes of refusals that say which rules were broken. */
const WITH_DETAILS = ['VALIDATION_FAILED', 'SEARCH_INVALID_QUERY']

/** Asserts a refusal in the contract's error envelope, with the ids by which the request can be found. */
export const assertRefused = (
  answer: ApiAnswer,
  status: number,
  message: string,
  code: string,
  hasDetails = WITH_DETAILS.includes(code),
): void => {
  assert.equal(answer.status, status, answer.text)
  const { body } = answer
  assert.ok(body, 'there must be a JSON body')
  const { timestamp, trace_id: traceId, details, ...rest } = body
  assert.deepEqual(rest, { status, message, error: message, code, correlation_id: answer.headers['x-correlation-id'] })
  assert.match(timestamp, RFC_3339)
  assert.match(traceId ?? '', /^[0-9a-f]{32}$/)
  assert.equal(details !== undefined, hasDetails, 'details are for broken rules only')
}
