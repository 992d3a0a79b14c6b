import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { together } from './together.ts'

test('it gives all results in order', async () => {
  assert.deepEqual(await together([delay(5, 'slow'), Promise.resolve(2)]), ['slow', 2])
})

test('it throws only when everything that was under way has ended', async () => {
  let ended = false
  const slow = delay(50).then(() => (ended = true))
  await assert.rejects(together([Promise.reject(new Error('early')), slow]), /early/)
  assert.equal(ended, true)
})
