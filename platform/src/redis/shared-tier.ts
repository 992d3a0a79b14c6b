import { randomUUID } from 'node:crypto'
import type { RedisConnection } from './connect.ts'

/** What Redis holds of a key when a load begins. `seen` is to be given back with what was loaded. */
export type Held = { readonly text: string | undefined; readonly seen: string }

/** The tier of a cache that all replicas share. Nothing here throws: with Redis away it holds nothing. */
export type SharedTier = {
  /** Undefined when Redis did not answer. */
  read(key: string): Promise<Held | undefined>
  /** Stores what was loaded; false when somebody has changed or invalidated the key since `seen` was read. */
  fill(key: string, seen: string, text: string): Promise<boolean>
  /** Tells everybody to forget the key; if Redis is away now, as soon as it is back. */
  invalidate(key: string): Promise<void>
  /** The key was invalidated here and Redis does not know yet, so what it holds is old. */
  isOwed(key: string): boolean
}

/** Longer than any load can take: the wait for a connection and the timeout of a statement. */
const TOMBSTONE_MS = 15_000
const MAX_OWED = 10_000
const NOTHING = ''
/** A value is text; an invalidated one leaves a tombstone with a token of its own. */
const TOMBSTONE = '\u0000'

/** Stores what was loaded, but only over what was there before the load: an invalidation in between wins. */
const FILL = `
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`
const INVALIDATE = `
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1
`

/** `onInvalidated` hears of the keys that other replicas invalidate, `onHearing` whether it can hear of them at all. */
export const createSharedTier = (options: {
  redis: RedisConnection
  name: string
  ttlMs: number
  onInvalidated: (key: string) => void
  onHearing: (hears: boolean) => void
}): SharedTier => {
  const { redis, name, ttlMs, onInvalidated, onHearing } = options
  const channel = `cache:${name}`
  const self = randomUUID()
  const owed = new Set<string>()
  const redisKey = (key: string): string => `cache:${name}:${key}`

  const invalidate = async (key: string): Promise<void> => {
    const tombstone = TOMBSTONE + randomUUID()
    const announcement = `${self} ${key}`
    try {
      await redis.run(INVALIDATE, [redisKey(key)], [tombstone, TOMBSTONE_MS, redis.prefix + channel, announcement])
      owed.delete(key)
    } catch {
      if (owed.size < MAX_OWED) owed.add(key)
    }
  }

  const payOwed = async (): Promise<void> => {
    for (const key of owed) await invalidate(key)
  }

  redis.subscribe(channel, {
    onMessage: (message) => {
      const sender = message.slice(0, self.length)
      if (sender !== self) onInvalidated(message.slice(self.length + 1))
    },
    onLive: () => onHearing(true),
    onLost: () => onHearing(false),
  })
  redis.onAvailable(() => void payOwed())

  return {
    read: async (key) => {
      if (!redis.available) return undefined
      try {
        const seen = (await redis.client.get(redisKey(key))) ?? NOTHING
        return { text: seen === NOTHING || seen.startsWith(TOMBSTONE) ? undefined : seen, seen }
      } catch {
        return undefined
      }
    },
    fill: async (key, seen, text) => {
      try {
        return (await redis.run(FILL, [redisKey(key)], [seen, text, ttlMs])) === 1
      } catch {
        return true
      }
    },
    invalidate,
    isOwed: (key) => owed.has(key),
  }
}
