import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relationsApi } from '@pharos/platform/contracts/http/relations'
import { usersApi } from '@pharos/platform/contracts/http/users'
import type { Answer } from './api.ts'
import { contradiction, judge, type Expected } from './judge.ts'

const answer = (more: Partial<Answer>): Answer => ({ status: 200, ms: 1, correlationId: 'c', ...more })

const USER = { id: 1, username: 'ada', created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z' }
const NOT_FOUND: Expected = { status: 404, message: 'user not found' }

test('a success must have the status, the data and the message of the contract', () => {
  const ofUser = (more: Partial<Answer>) => judge(usersApi.getUser, answer(more), ['success'])
  assert.equal(ofUser({ data: USER }), 'ok')
  assert.equal(ofUser({ data: { ...USER, id: 'one' } }), 'unexpected')
  assert.equal(ofUser({ data: undefined }), 'unexpected')
  assert.equal(ofUser({ status: 201, data: USER }), 'unexpected')
  const ofFollow = (message: string) => judge(relationsApi.follow, answer({ message }), ['success'])
  assert.deepEqual(['Followed successfully', 'followed'].map(ofFollow), ['ok', 'unexpected'])
})

test('a refusal must be the one of the case, word for word', () => {
  const ofUser = (more: Partial<Answer>) => judge(usersApi.getUser, answer(more), [NOT_FOUND])
  assert.equal(ofUser({ status: 404, message: 'user not found' }), 'ok')
  assert.equal(ofUser({ status: 404, message: 'not found' }), 'unexpected')
  assert.equal(ofUser({ status: 200, data: USER }), 'unexpected')
})

test('too many requests, what is away and what does not answer are told apart from a broken promise', () => {
  const verdict = (status: number | undefined) => judge(usersApi.getUser, answer({ status }), ['success'])
  assert.deepEqual([429, 503, 504, undefined, 500, 401].map(verdict), [
    'limited',
    'failed',
    'failed',
    'failed',
    'unexpected',
    'unexpected',
  ])
})

test('a contradiction says what came and what should have come', () => {
  assert.equal(
    contradiction(answer({ status: 500, message: 'internal server error' }), ['success', NOT_FOUND]),
    '500 "internal server error" in place of a success as in the contract or 404 "user not found"',
  )
  assert.match(
    contradiction(answer({ status: undefined, fault: 'other side closed' }), ['success']),
    /^no answer \(other/,
  )
})
