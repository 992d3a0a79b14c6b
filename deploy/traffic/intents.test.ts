import assert from 'node:assert/strict'
import { test } from 'node:test'
import { READS, WRITES } from './actions.ts'
import { intents, type Intent } from './intents.ts'
import { MISTAKES } from './mistakes.ts'

const USERS = 100

const first = (count: number, seed = 42): Intent[] => {
  const made: Intent[] = []
  for (const intent of intents({ seed, users: USERS, rhythm: { rate: 20, day: 600 } })) {
    made.push(intent)
    if (made.length === count) break
  }
  return made
}

test('the same seed makes the same people do the same things at the same times', () => {
  assert.deepEqual(first(500), first(500))
  assert.notDeepEqual(first(500), first(500, 43))
})

test('about seven reads come to three writes, and three in a hundred are mistakes', () => {
  const made = first(20_000)
  const share = (actions: object): number => made.filter(({ action }) => action in actions).length / made.length
  assert.ok(Math.abs(share(MISTAKES) - 0.03) < 0.005, String(share(MISTAKES)))
  assert.ok(Math.abs(share(READS) - 0.97 * 0.714) < 0.02, String(share(READS)))
  assert.ok(Math.abs(share(WRITES) - 0.97 * 0.286) < 0.02, String(share(WRITES)))
})

test('everything that can be done is done, by everybody', () => {
  const made = first(20_000)
  assert.equal(new Set(made.map(({ action }) => action)).size, Object.keys({ ...READS, ...WRITES, ...MISTAKES }).length)
  assert.equal(new Set(made.map(({ actor }) => actor)).size, USERS)
})
