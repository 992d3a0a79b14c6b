import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../errors.ts'
import { breaksConnection, isUniqueViolation, orConflict, translatePostgresError } from './errors.ts'

const answer = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more })
const kindOf = (error: unknown) => (translatePostgresError(error) as { kind?: string }).kind

test('what says "not now" is unavailable, however it is wrapped', () => {
  const away = ['57P01', '53300', '08006', '57014', '40001', '40P01', 'ECONNREFUSED', 'ECONNRESET']
  for (const code of away) assert.equal(kindOf(answer(code)), 'unavailable', code)
  assert.equal(kindOf(Object.assign(new Error('wrapped'), { original: answer('57P01') })), 'unavailable')
  assert.equal(kindOf(new Error('Connection terminated unexpectedly')), 'unavailable')
  assert.equal(kindOf(Object.assign(new Error('x'), { name: 'SequelizeConnectionRefusedError' })), 'unavailable')
})

test('a mistake stays what it is', () => {
  for (const error of [answer('42P01'), answer('23505'), new TypeError('undefined is not a function')]) {
    assert.equal(translatePostgresError(error), error)
  }
})

test('only a lost session costs the connection', () => {
  assert.ok(breaksConnection(answer('57P01')))
  assert.ok(breaksConnection(answer('ECONNRESET')))
  assert.ok(breaksConnection(new Error('Connection terminated')))
  assert.ok(!breaksConnection(answer('57014')))
  assert.ok(!breaksConnection(answer('23505')))
})

test('a conflict is made of the violation of the constraint that was named, and of no other', async () => {
  const violation = answer('23505', { constraint: 'users_email' })
  const conflict = new AppError('conflict', 'user.email-taken', 'email already exists')
  const attempt = (constraint: string) =>
    orConflict(
      constraint,
      () => conflict,
      () => Promise.reject(violation),
    )
  await assert.rejects(attempt('users_email'), conflict)
  await assert.rejects(attempt('users_username'), violation)
  assert.ok(isUniqueViolation(violation))
})
