import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hash } from '@node-rs/argon2'
import { AppError } from '@pharos/platform/errors'
import { createArgon2Passwords } from './argon2-passwords.ts'

const passwords = await createArgon2Passwords({ concurrency: 2, queueMax: 4 })

describe('passwords', () => {
  test('are hashed by argon2id with 19 MiB, two passes and one lane, each with a salt of its own', async () => {
    const hashed = await passwords.hash('correct-horse')
    assert.match(hashed, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    assert.notEqual(await passwords.hash('correct-horse'), hashed)
    assert.equal(await passwords.verify(hashed, 'correct-horse'), true)
    assert.equal(await passwords.verify(hashed, 'correct-horsf'), false)
    assert.equal(await passwords.verifyNothing('correct-horse'), false)
    assert.equal(await passwords.verifyNothing(''), false)
  })

  test('count to their last character', async () => {
    const long = '🐎'.repeat(128)
    const hashed = await passwords.hash(long)
    assert.equal(await passwords.verify(hashed, long), true)
    assert.equal(await passwords.verify(hashed, `${'🐎'.repeat(127)}x`), false)
  })

  test('whose hash has other parameters are outdated', async () => {
    assert.equal(passwords.isOutdated(await passwords.hash('x')), false)
    assert.equal(passwords.isOutdated(await hash('x', { memoryCost: 8_192, timeCost: 2, parallelism: 1 })), true)
    assert.equal(passwords.isOutdated(await hash('x', { memoryCost: 19_456, timeCost: 3, parallelism: 1 })), true)
  })

  test('beyond what may wait are refused at once, and nothing of it blocks the event loop', async () => {
    let longestMs = 0
    let last = performance.now()
    const ticking = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - last)
      last = performance.now()
    }, 1)
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => passwords.hash('correct-horse')))
    clearInterval(ticking)
    const refused = all.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[]
    assert.equal(refused.length, 14)
    for (const { reason } of refused) {
      assert.ok(reason instanceof AppError && reason.kind === 'unavailable' && reason.message === 'service unavailable')
    }
    assert.ok(longestMs < 100, `the loop stood still for ${longestMs} ms`)
    await passwords.hash('correct-horse')
  })
})
