import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareCounts } from './compare.ts'

const verdicts = (loki: Record<string, number>, elasticsearch: Record<string, number>, expected: string[] = []) =>
  compareCounts(new Map(Object.entries(loki)), new Map(Object.entries(elasticsearch)), expected).map(
    ({ service, verdict }) => [service, verdict],
  )

test('a thousandth apart is the same, more is not, in whichever store', () => {
  assert.deepEqual(verdicts({ users: 1000, auth: 999, posts: 1000 }, { users: 1000, auth: 1000, posts: 998 }), [
    ['users', 'proven'],
    ['auth', 'proven'],
    ['posts', 'failed'],
  ])
})

test('a service that only one store knows is not the same', () => {
  assert.deepEqual(verdicts({ users: 3 }, { auth: 3 }), [
    ['users', 'failed'],
    ['auth', 'failed'],
  ])
})

test('of a service that must write and did not, nothing is proven', () => {
  assert.deepEqual(verdicts({}, {}, ['users']), [['users', 'not proven']])
})
