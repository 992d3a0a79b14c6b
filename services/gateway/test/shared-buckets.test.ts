import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRateLimiter } from '@pharos/platform/http/rate-limit'
import type { LimitPolicy } from '@pharos/platform/http/rate-limit'
import { connectRedis } from '@pharos/platform/redis/connect'
import { eventually } from '@pharos/platform/testing/eventually'
import { testRedisUrl } from '@pharos/platform/testing/stores'
import { redisBuckets } from '../src/shared-buckets.ts'

const connect = async (url = testRedisUrl()) => {
  const redis = connectRedis({ url })
  await redis.attempted
  return redis
}
const policy = (limit: number, windowSeconds: number): LimitPolicy => ({ limit, windowSeconds, strict: true })
const slow = policy(3, 3_600)

test('a bucket starts full, gives one token each time, and refuses when it is empty', async () => {
  await using redis = await connect()
  const buckets = redisBuckets(redis)
  const take = async () => (await buckets.take([{ key: 'a', policy: slow, cost: 1, force: false }]))[0]
  const answers = [await take(), await take(), await take(), await take()]
  assert.deepEqual(
    answers.map((answer) => [answer?.allowed, Math.floor(answer?.tokens ?? 9)]),
    [
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
    ],
  )
})

test('a bucket refills evenly with time', async () => {
  await using redis = await connect()
  const buckets = redisBuckets(redis)
  const quick = policy(100, 1)
  const take = async (cost: number) =>
    (await buckets.take([{ key: 'a', policy: quick, cost, force: false }]))[0]?.allowed
  assert.deepEqual([await take(100), await take(100)], [true, false])
  await eventually(async () => assert.equal(await take(50), true), { timeoutMs: 2_000, intervalMs: 50 })
})

test('what was spent already is taken without refusing, but never below minus one limit', async () => {
  await using redis = await connect()
  const buckets = redisBuckets(redis)
  const force = async (cost: number) => (await buckets.take([{ key: 'a', policy: slow, cost, force: true }]))[0]
  assert.equal(Math.round((await force(5))?.tokens ?? 0), -2)
  assert.equal(Math.round((await force(50))?.tokens ?? 0), -3)
})

test('several buckets are taken from in one call, each by its own policy, and forgotten when they are full again', async () => {
  await using redis = await connect()
  const answers = await redisBuckets(redis).take([
    { key: 'a', policy: slow, cost: 2, force: true },
    { key: 'b', policy: policy(10, 5), cost: 1, force: true },
  ])
  assert.deepEqual(
    answers.map(({ tokens }) => Math.round(tokens)),
    [1, 9],
  )
  const [long, short] = [await redis.client.pttl('limit:a'), await redis.client.pttl('limit:b')]
  assert.ok(long > 2_000_000 && long < 2_500_000, `${long}`)
  assert.ok(short > 0 && short < 3_000, `${short}`)
})

test('two replicas count as one: strict classes at once, others after they have settled', async () => {
  const url = testRedisUrl()
  await using one = await connect(url)
  await using two = await connect(url)
  const policies = { credentials: slow, read: { ...policy(10, 3_600), strict: false } }
  using first = createRateLimiter({ policies, shared: redisBuckets(one) })
  using second = createRateLimiter({ policies, shared: redisBuckets(two) })
  const allowed = []
  for (const limiter of [first, second, first, second])
    allowed.push((await limiter.check('credentials', 'ip:a')).allowed)
  assert.deepEqual(allowed, [true, true, true, false])
  for (let time = 0; time < 5; time += 1) await Promise.all([first.check('read', 'ip:a'), second.check('read', 'ip:a')])
  await eventually(async () => {
    assert.equal((await first.check('read', 'ip:a')).allowed, false)
    assert.equal((await second.check('read', 'ip:a')).allowed, false)
  })
})
