import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { forgottenKeysAt, publishedKeysAt, signingKeyAt, signingKeyExpiry, successorDue } from './signing-key.ts'

const HOUR = 60 * 60_000
const DAY = 24 * HOUR
const START = Date.parse('2026-01-01T00:00:00Z')
const policy = { rotateAfterMs: 30 * DAY, publishAheadMs: DAY, publishAfterMs: 16 * 60_000 }

const at = (ms: number): Date => new Date(START + ms)
const key = (kid: string, activeFrom: number) => ({ kid, activeFrom: at(activeFrom) })
const kids = (keys: readonly { kid: string }[]): string[] => keys.map(({ kid }) => kid)

describe('signing keys', () => {
  test('the first one signs at once, because nobody holds an older set', () => {
    assert.deepEqual(successorDue([], at(0), policy), at(0))
  })

  test('the next one is made a day before it is needed, and not earlier', () => {
    const keys = [key('a', 0)]
    assert.equal(successorDue(keys, at(29 * DAY - 1), policy), undefined)
    assert.deepEqual(successorDue(keys, at(29 * DAY), policy), at(30 * DAY))
    assert.equal(successorDue([...keys, key('b', 30 * DAY)], at(29 * DAY), policy), undefined)
  })

  test('a new key is published but does not sign before its time', () => {
    const keys = [key('a', 0), key('b', 30 * DAY)]
    assert.equal(signingKeyAt(keys, at(30 * DAY - 1))?.kid, 'a')
    assert.deepEqual(kids(publishedKeysAt(keys, at(29 * DAY), policy)), ['a', 'b'])
    assert.equal(signingKeyAt(keys, at(30 * DAY))?.kid, 'b')
  })

  test('an old key is published until its last token has expired', () => {
    const keys = [key('b', 30 * DAY), key('a', 0)]
    assert.deepEqual(kids(publishedKeysAt(keys, at(30 * DAY + 16 * 60_000 - 1), policy)), ['a', 'b'])
    assert.deepEqual(kids(publishedKeysAt(keys, at(30 * DAY + 16 * 60_000), policy)), ['b'])
  })

  test('an old key is removed only a day after nobody needed it any more', () => {
    const keys = [key('a', 0), key('b', 30 * DAY)]
    assert.deepEqual(forgottenKeysAt(keys, at(31 * DAY), policy), [])
    assert.deepEqual(kids(forgottenKeysAt(keys, at(31 * DAY + HOUR), policy)), ['a'])
  })

  test('after a long absence the old key signs on until its successor has been published long enough', () => {
    const keys = [key('a', 0)]
    const now = at(90 * DAY)
    const activeFrom = successorDue(keys, now, policy)
    assert.deepEqual(activeFrom, at(91 * DAY))
    const both = [...keys, key('b', 91 * DAY)]
    assert.equal(signingKeyAt(both, now)?.kid, 'a')
    assert.deepEqual(kids(publishedKeysAt(both, now, policy)), ['a', 'b'])
  })

  test('expiry is told for the key that signs, and is in the past when rotation is late', () => {
    assert.deepEqual(signingKeyExpiry([key('a', 0)], at(40 * DAY), policy), at(30 * DAY))
    assert.equal(signingKeyExpiry([], at(0), policy), undefined)
  })
})
