import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countDelivered, followersIn, pairsOf } from './delivery.ts'

const notification = (type: string, payload: unknown) => ({
  id: 1,
  user_id: 1,
  type,
  is_read: false,
  created_at: '2026-01-01T00:00:00Z',
  payload,
})

test('every fan follows every star once, and nobody has two follows at a time', () => {
  const pairs = pairsOf(60, 50)
  assert.equal(new Set(pairs.map(({ fan, star }) => `${fan} ${star}`)).size, 3000)
  for (const [index, { fan, star }] of pairs.entries()) {
    const before = pairs[index - 1]
    assert.ok(before?.fan !== fan && before?.star !== star, String(index))
  }
})

test('of a feed only follows count', () =>
  assert.deepEqual(
    followersIn({
      notifications: [
        notification('follow_created', { follower_id: 7 }),
        notification('post_published', { post_id: 8 }),
      ],
    }),
    [7],
  ))

test('what a feed does not show is lost, and what it shows twice is doubled', () => {
  const follows = [1, 2, 3].map((follower) => ({ follower, followee: 9 }))
  assert.deepEqual(countDelivered(follows, new Map([[9, [1, 2, 3]]])), { lost: 0, doubled: 0 })
  assert.deepEqual(countDelivered(follows, new Map([[9, [1, 1, 3]]])), { lost: 1, doubled: 1 })
  assert.deepEqual(countDelivered(follows, new Map()), { lost: 3, doubled: 0 })
})
