import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maySeeEmail, mustBeSelf } from './access.ts'
import type { User } from './user.ts'

const user = { id: 7 } as User

test('an address is seen by its owner and by admins, and by nobody else', () => {
  assert.equal(maySeeEmail({ userId: 7, role: 'user' }, user), true)
  assert.equal(maySeeEmail({ userId: 8, role: 'admin' }, user), true)
  assert.equal(maySeeEmail({ userId: 8, role: 'user' }, user), false)
  assert.equal(maySeeEmail(undefined, user), false)
})

test('a profile is changed by its owner alone: an admin is forbidden as well', () => {
  mustBeSelf({ userId: 7, role: 'user' }, 7)
  assert.throws(() => mustBeSelf({ userId: 8, role: 'user' }, 7), { kind: 'forbidden', message: 'forbidden' })
  assert.throws(() => mustBeSelf({ userId: 8, role: 'admin' }, 7), { kind: 'forbidden', message: 'forbidden' })
})
