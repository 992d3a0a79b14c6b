import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mustBeOwn, pagesOf } from './notification.ts'

test('a notification that is not there is not found, one of somebody else is denied', () => {
  assert.throws(() => mustBeOwn(1, undefined), { kind: 'not-found', message: 'notification not found' })
  assert.throws(() => mustBeOwn(1, 2), { kind: 'forbidden', message: 'access to notification denied' })
  assert.doesNotThrow(() => mustBeOwn(1, 1))
})

test('a page that is not full is a page, and an empty feed has none', () => {
  assert.deepEqual([pagesOf(0, 10), pagesOf(1, 10), pagesOf(10, 10), pagesOf(11, 10)], [0, 1, 1, 2])
})
