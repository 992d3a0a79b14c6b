import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { beginFollow, endFollow } from './follow.ts'

const follow = { followerId: 7, followeeId: 8 }
const now = new Date('2026-02-01T00:00:00Z')

describe('a follow', () => {
  test('is told when it begins and when it ends, to whoever is interested in the followee', () => {
    for (const [decide, type] of [
      [beginFollow, 'follow.created'],
      [endFollow, 'follow.deleted'],
    ] as const) {
      const [event, ...more] = decide(follow, now).events
      assert.deepEqual([event?.type, event?.key, event?.time, more], [type, '8', now, []])
      assert.deepEqual(event?.data, { follower_id: 7, followee_id: 8 })
    }
  })

  test('is never one of oneself', () => {
    const self = { followerId: 7, followeeId: 7 }
    assert.throws(() => beginFollow(self, now), { kind: 'invalid', message: 'cannot follow yourself' })
    assert.throws(() => endFollow(self, now), { kind: 'invalid', message: 'cannot unfollow yourself' })
  })
})
