import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveOnly } from './selection.ts'

test('without --only everything runs', () => {
  assert.deepEqual(resolveOnly(undefined), {
    services: ['gateway', 'users', 'auth', 'posts', 'notifications', 'relations'],
    stores: ['postgres', 'redis', 'kafka'],
    whole: true,
  })
})

test('--only takes the named services and the stores they need', () => {
  assert.deepEqual(resolveOnly('auth, users'), {
    services: ['users', 'auth'],
    stores: ['postgres', 'redis', 'kafka'],
    whole: false,
  })
  assert.deepEqual(resolveOnly('gateway').stores, ['redis'])
})

test('--only takes stores by name, and none is every store without services', () => {
  assert.deepEqual(resolveOnly('gateway,postgres').stores, ['postgres', 'redis'])
  assert.deepEqual(resolveOnly('none'), { services: [], stores: ['postgres', 'redis', 'kafka'], whole: false })
})

test('an unknown name is refused with the names that are known', () => {
  assert.throws(
    () => resolveOnly('users,billing'),
    /--only does not know "billing": .*gateway, users, .*, relations, postgres/,
  )
  assert.throws(() => resolveOnly(''), /--only does not know ""/)
})
