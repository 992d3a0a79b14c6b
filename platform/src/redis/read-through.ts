import { LRUCache } from 'lru-cache'
import { counter } from '../telemetry/metrics.ts'
import type { RedisConnection } from './connect.ts'
import { createSharedTier } from './shared-tier.ts'

/** A cache in front of `load`: this process's memory, then Redis. A value that does not exist is not cached. */
export type ReadThrough<K, V extends object> = {
  /** What this process holds of the key, without waiting; undefined when it must be got. */
  peek(key: K): V | undefined
  /** The value from the nearest tier that has it; callers of one key at the same time share one load. */
  get(key: K): Promise<V | undefined>
  /**
   * Forgets the key here at once and everywhere a moment later; call it after the commit. It never fails: what Redis
   * cannot be told now it is told when it is back.
   */
  invalidate(key: K): Promise<void>
}

export type ReadThroughOptions<K, V extends object> = {
  /** In the keys, the channel and the metric. Change it with the shape of V. */
  readonly name: string
  readonly redis: RedisConnection
  /** How long a value may serve in each tier when nothing invalidates it. */
  readonly ttlMs: number
  /** Of the memory tier. */
  readonly maxEntries: number
  readonly load: (key: K) => Promise<V | undefined>
  /** To and from the text that Redis holds; JSON by default. A V with a Date or with ready bytes brings its own. */
  readonly encode?: (value: V) => string
  readonly decode?: (text: string) => V
}

type Flight<V> = { readonly promise: Promise<V | undefined>; stale: boolean }

const requests = counter({
  name: 'cache_requests_total',
  help: 'Look-ups by cache, tier and result',
  labels: ['cache', 'tier', 'result'],
})

/**
 * While invalidations of other replicas cannot be heard, a value is held no longer than this: the most that a reader
 * can then be behind. The database still sees one load per key, replica and second only.
 */
const DEAF_TTL_MS = 1_000
const TTL_RESOLUTION_MS = 50
const COUNT_MS = 500

/** A hit costs less than counting it in a metric, so hits are summed up here and told twice a second. */
const createHitCount = (cache: string) => {
  let hits = 0
  const tell = (): void => {
    if (hits > 0) requests.inc({ cache, tier: 'l1', result: 'hit' }, hits)
    hits = 0
  }
  setInterval(tell, COUNT_MS).unref()
  return () => void (hits += 1)
}

/** Makes a two-tier cache. It lives as long as the process; nothing needs to be closed but `redis`. */
export const createReadThrough = <K extends string | number, V extends object>(
  options: ReadThroughOptions<K, V>,
): ReadThrough<K, V> => {
  const { name, redis, ttlMs, maxEntries, load, encode = JSON.stringify } = options
  const decode = options.decode ?? ((text: string) => JSON.parse(text) as V)
  const memory = new LRUCache<string, V>({ max: maxEntries, ttl: ttlMs, ttlResolution: TTL_RESOLUTION_MS })
  const flights = new Map<string, Flight<V>>()
  const countHit = createHitCount(name)
  const count = (tier: string, result: string): void => requests.inc({ cache: name, tier, result })
  let deaf = true

  /** A load that is under way is not stopped, but what it brings is not kept, and who asks from now on gets another. */
  const forget = (key: string): void => {
    memory.delete(key)
    const flight = flights.get(key)
    if (!flight) return
    flight.stale = true
    flights.delete(key)
  }

  const shared = createSharedTier({
    redis,
    name,
    ttlMs,
    onInvalidated: forget,
    onHearing: (hears) => {
      deaf = !hears
      memory.clear()
      for (const key of flights.keys()) forget(key)
    },
  })

  /** A text that cannot be read, from another version of the service perhaps, is as good as none. */
  const decoded = (text: string | undefined): V | undefined => {
    try {
      return text === undefined ? undefined : decode(text)
    } catch {
      return undefined
    }
  }

  const fetch = async (key: K, text: string, flight: () => Flight<V>): Promise<V | undefined> => {
    const held = await shared.read(text)
    const found = shared.isOwed(text) ? undefined : decoded(held?.text)
    count('l2', found ? 'hit' : held ? 'miss' : 'error')
    const value = found ?? (await load(key))
    if (value === undefined || flight().stale) return value
    const isCurrent = found !== undefined || !held || (await shared.fill(text, held.seen, encode(value)))
    if (isCurrent && !flight().stale) memory.set(text, value, { ttl: deaf ? Math.min(DEAF_TTL_MS, ttlMs) : ttlMs })
    return value
  }

  const takeOff = (key: K, text: string): Flight<V> => {
    const flight: Flight<V> = {
      stale: false,
      promise: fetch(key, text, () => flight).finally(() => {
        if (flights.get(text) === flight) flights.delete(text)
      }),
    }
    flights.set(text, flight)
    return flight
  }

  const peek = (text: string): V | undefined => {
    const value = memory.get(text)
    if (value !== undefined) countHit()
    return value
  }

  return {
    peek: (key) => peek(String(key)),
    get: async (key) => {
      const text = String(key)
      const held = peek(text)
      if (held !== undefined) return held
      count('l1', 'miss')
      return (flights.get(text) ?? takeOff(key, text)).promise
    },
    invalidate: async (key) => {
      const text = String(key)
      forget(text)
      await shared.invalidate(text)
    },
  }
}
