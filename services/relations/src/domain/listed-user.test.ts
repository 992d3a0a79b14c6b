import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shown } from './listed-user.ts'

test('who is not known, or gone, is shown as a missing user and keeps the place in the list', () => {
  const missing = { id: 7, username: 'Missing user', avatarUrl: undefined }
  assert.deepEqual(shown({ id: 7, card: 'missing' }), missing)
  assert.deepEqual(shown({ id: 7, card: 'deleted' }), missing)
  assert.deepEqual(shown({ id: 7, card: { username: 'ada', avatarUrl: undefined } }), { ...missing, username: 'ada' })
})
