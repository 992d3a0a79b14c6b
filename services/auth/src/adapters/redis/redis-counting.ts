import { isAppError } from '@pharos/platform/errors'
import type { RedisConnection } from '@pharos/platform/redis/connect'
import type { Counted, Counting } from '../memory/counting.ts'

const ADD = `
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
local max = tonumber(ARGV[1])
if count >= max then return {math.max(redis.call('PTTL', KEYS[1]), 1), count} end
count = redis.call('INCR', KEYS[1])
if count == 1 or count == max then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {0, count}
`

const SUBTRACT = `
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then return redis.call('DECR', KEYS[1]) end
return 0
`

/** Counts for all instances together. One key per script, so that it works on a cluster too. */
export const createRedisCounting = (redis: RedisConnection): Counting => ({
  add: async (key, max, windowMs): Promise<Counted> => {
    const [refusedForMs, count] = (await redis.run(ADD, [key], [max, windowMs])) as [number, number]
    return { refusedForMs, count }
  },
  subtract: async (key) => void (await redis.run(SUBTRACT, [key], [])),
  forget: async (key) => void (await redis.client.del(key)),
})

/** Counts by `first`, and by `second` while `first` is away. */
export const withFallback = (first: Counting, second: Counting): Counting => {
  const either = async <T>(run: (counting: Counting) => Promise<T>): Promise<T> => {
    try {
      return await run(first)
    } catch (error) {
      if (!isAppError(error) || error.kind !== 'unavailable') throw error
      return run(second)
    }
  }
  return {
    add: (key, max, windowMs) => either((counting) => counting.add(key, max, windowMs)),
    subtract: (key) => either((counting) => counting.subtract(key)),
    // What was counted here during an outage must not outlive a success after it.
    forget: async (key) => {
      await second.forget(key)
      await first.forget(key).catch(() => {})
    },
  }
}
