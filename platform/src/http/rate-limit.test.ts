import assert from 'node:assert/strict'
import { beforeEach, mock, test } from 'node:test'
import { createRateLimiter } from './rate-limit.ts'
import type { Decision, LimitPolicy, SharedBuckets } from './rate-limit.ts'

const policies: Record<string, LimitPolicy> = {
  read: { limit: 10, windowSeconds: 10, strict: false },
  credentials: { limit: 3, windowSeconds: 60, strict: true },
}

type Taken = Parameters<SharedBuckets['take']>[0][number]

/** Buckets shared by several limiters, without refill: time stands still here unless a test moves it. */
const createShared = () => {
  const left = new Map<string, number>()
  const batches: (readonly Taken[])[] = []
  const shared = {
    batches,
    left,
    away: false,
    async take(requests: readonly Taken[]) {
      if (shared.away) throw new Error('redis is away')
      batches.push(requests)
      return requests.map(({ key, policy, cost, force }) => {
        const tokens = left.get(key) ?? policy.limit
        const allowed = tokens >= cost
        if (allowed || force) left.set(key, tokens - cost)
        return { allowed, tokens: left.get(key) ?? tokens }
      })
    },
  }
  return shared
}

beforeEach(() => {
  mock.timers.reset()
  mock.timers.enable({ apis: ['Date', 'setInterval'], now: Date.UTC(2026, 0, 1) })
})

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
}

const settled = (): Promise<void> => {
  mock.timers.tick(500)
  return turns()
}

const times = async (count: number, fn: () => Promise<Decision> | Decision): Promise<boolean[]> => {
  const allowed: boolean[] = []
  for (let time = 0; time < count; time += 1) allowed.push((await fn()).allowed)
  return allowed
}

test('a bucket gives its limit at once, then refuses, and says what is left and when', async () => {
  using limiter = createRateLimiter({ policies, shared: createShared() })
  assert.deepEqual(await limiter.check('read', 'ip:a'), { allowed: true, limit: 10, remaining: 9, resetSeconds: 1 })
  assert.deepEqual((await times(9, () => limiter.check('read', 'ip:a'))).filter(Boolean).length, 9)
  assert.deepEqual(await limiter.check('read', 'ip:a'), { allowed: false, limit: 10, remaining: 0, resetSeconds: 1 })
})

test('a bucket refills evenly with time and never beyond its limit', async () => {
  using limiter = createRateLimiter({ policies, shared: createShared() })
  await times(10, () => limiter.check('read', 'ip:a'))
  mock.timers.setTime(Date.now() + 2_500)
  assert.deepEqual(await times(3, () => limiter.check('read', 'ip:a')), [true, true, false])
  mock.timers.setTime(Date.now() + 3_600_000)
  assert.equal((await times(12, () => limiter.check('read', 'ip:a'))).filter(Boolean).length, 10)
})

test('callers and classes have buckets of their own', async () => {
  using limiter = createRateLimiter({ policies, shared: createShared() })
  await times(10, () => limiter.check('read', 'ip:a'))
  assert.equal((await limiter.check('read', 'ip:a')).allowed, false)
  assert.equal((await limiter.check('read', 'ip:b')).allowed, true)
  assert.equal((await limiter.check('credentials', 'ip:a')).allowed, true)
})

test('an unknown class is a programming error', () => {
  using limiter = createRateLimiter({ policies, shared: createShared() })
  assert.throws(() => limiter.check('absent', 'ip:a'), /no rate limit is defined for absent/)
})

test('a strict class asks the shared buckets each time, so that replicas count as one', async () => {
  const shared = createShared()
  using one = createRateLimiter({ policies, shared })
  using two = createRateLimiter({ policies, shared })
  assert.deepEqual(await times(2, () => one.check('credentials', 'ip:a')), [true, true])
  assert.deepEqual(await times(2, () => two.check('credentials', 'ip:a')), [true, false])
  assert.equal((await one.check('credentials', 'ip:a')).allowed, false)
  assert.equal(shared.batches.length, 5)
  assert.ok(shared.batches.flat().every(({ cost, force }) => cost === 1 && !force))
})

test('other classes never wait for the shared buckets, and settle what they spent in one batch twice a second', async () => {
  const shared = createShared()
  using limiter = createRateLimiter({ policies, shared })
  for (const caller of ['ip:a', 'ip:a', 'ip:a', 'ip:b']) assert.ok(!(limiter.check('read', caller) instanceof Promise))
  assert.equal(shared.batches.length, 0)
  await settled()
  assert.deepEqual(
    shared.batches.map((batch) => batch.map(({ key, cost, force }) => [key, cost, force])),
    [
      [
        ['read:ip:a', 3, true],
        ['read:ip:b', 1, true],
      ],
    ],
  )
  await settled()
  assert.equal(shared.batches.length, 1)
})

test('after settling, what others spent counts here too', async () => {
  const shared = createShared()
  using one = createRateLimiter({ policies, shared })
  using two = createRateLimiter({ policies, shared })
  await times(6, () => one.check('read', 'ip:a'))
  await times(6, () => two.check('read', 'ip:a'))
  await settled()
  assert.equal(shared.left.get('read:ip:a'), -2)
  assert.equal((await one.check('read', 'ip:a')).allowed && (await two.check('read', 'ip:a')).allowed, false)
})

test('what is spent while a settlement is under way is settled with the next', async () => {
  const shared = createShared()
  // Others have left four, of which two are ours.
  shared.left.set('read:ip:a', 4)
  const gate = Promise.withResolvers<void>()
  const slow: SharedBuckets = { take: (requests) => gate.promise.then(() => shared.take(requests)) }
  using limiter = createRateLimiter({ policies, shared: slow })
  await times(2, () => limiter.check('read', 'ip:a'))
  await settled()
  await times(3, () => limiter.check('read', 'ip:a'))
  gate.resolve()
  await turns()
  assert.equal((await limiter.check('read', 'ip:a')).allowed, false)
  await settled()
  await settled()
  assert.deepEqual(
    shared.batches.flat().map(({ cost }) => cost),
    [2, 3],
  )
})

test('with the shared buckets away, every class is limited by the process alone, and shared again once they are back', async () => {
  const shared = createShared()
  shared.away = true
  using limiter = createRateLimiter({ policies, shared })
  assert.deepEqual(await times(4, () => limiter.check('credentials', 'ip:a')), [true, true, true, false])
  assert.equal((await times(12, () => limiter.check('read', 'ip:a'))).filter(Boolean).length, 10)
  await settled()
  shared.away = false
  assert.equal((await limiter.check('credentials', 'ip:a')).allowed, true)
  assert.equal(shared.batches.length, 1)
})
