import { LRUCache } from 'lru-cache'
import { counter } from '../telemetry/metrics.ts'
import { log } from '../telemetry/log.ts'

const MAX_BUCKETS = 100_000
const SETTLE_EVERY_MS = 500

/** A token bucket: `limit` requests at once, refilled evenly over `windowSeconds`. */
export type LimitPolicy = {
  readonly limit: number
  readonly windowSeconds: number
  /** Asks Redis each time, so that all replicas count as one; otherwise they settle twice a second. */
  readonly strict: boolean
}

export type Decision = {
  readonly allowed: boolean
  readonly limit: number
  readonly remaining: number
  readonly resetSeconds: number
}

/** The shared buckets. Rejects when they are away. */
export interface SharedBuckets {
  /** Takes `cost` tokens of each bucket, without refusing when `force`; answers how many are left. */
  take(
    requests: readonly {
      readonly key: string
      readonly policy: LimitPolicy
      readonly cost: number
      readonly force: boolean
    }[],
  ): Promise<readonly { readonly allowed: boolean; readonly tokens: number }[]>
}

export type RateLimiter = Disposable & { check(limitClass: string, caller: string): Promise<Decision> | Decision }

type Bucket = { tokens: number; at: number; unsettled: number; readonly policy: LimitPolicy }

const decisions = counter({
  name: 'rate_limit_decisions_total',
  help: 'Rate limit decisions by class of route',
  labels: ['class', 'decision'],
})

/**
 * Limits by class of route and caller. Each process keeps its own buckets; strict classes ask the shared ones each
 * time, the others report what they spent in batches and take over what is left. With the shared buckets away, each
 * process limits by its own.
 */
export const createRateLimiter = (options: {
  readonly policies: Readonly<Record<string, LimitPolicy>>
  readonly shared: SharedBuckets
}): RateLimiter => {
  const { policies, shared } = options
  const buckets = new LRUCache<string, Bucket>({ max: MAX_BUCKETS })
  const spent = new Map<string, Bucket>()
  let settling = false

  const bucketOf = (key: string, policy: LimitPolicy): Bucket => {
    let bucket = buckets.get(key)
    if (!bucket) {
      bucket = { tokens: policy.limit, at: Date.now(), unsettled: 0, policy }
      buckets.set(key, bucket)
    }
    return bucket
  }

  const refill = (bucket: Bucket): void => {
    const { limit, windowSeconds } = bucket.policy
    const at = Date.now()
    bucket.tokens = Math.min(limit, bucket.tokens + ((at - bucket.at) / 1_000) * (limit / windowSeconds))
    bucket.at = at
  }

  const decide = (limitClass: string, bucket: Bucket, allowed: boolean): Decision => {
    decisions.inc({ class: limitClass, decision: allowed ? 'allowed' : 'limited' })
    const { limit, windowSeconds } = bucket.policy
    const perToken = windowSeconds / limit
    const resetSeconds = allowed ? (limit - bucket.tokens) * perToken : (1 - bucket.tokens) * perToken
    return { allowed, limit, remaining: Math.max(0, Math.floor(bucket.tokens)), resetSeconds: Math.ceil(resetSeconds) }
  }

  const takeLocally = (limitClass: string, key: string, bucket: Bucket): Decision => {
    refill(bucket)
    const allowed = bucket.tokens >= 1
    if (allowed) {
      bucket.tokens -= 1
      bucket.unsettled += 1
      if (!bucket.policy.strict) spent.set(key, bucket)
    }
    return decide(limitClass, bucket, allowed)
  }

  const takeShared = async (limitClass: string, key: string, bucket: Bucket): Promise<Decision> => {
    try {
      const [answer] = await shared.take([{ key, policy: bucket.policy, cost: 1, force: false }])
      if (!answer) return takeLocally(limitClass, key, bucket)
      bucket.tokens = answer.tokens
      bucket.at = Date.now()
      return decide(limitClass, bucket, answer.allowed)
    } catch {
      return takeLocally(limitClass, key, bucket)
    }
  }

  const settle = async (): Promise<void> => {
    if (settling || spent.size === 0) return
    settling = true
    const batch = [...spent].map(([key, bucket]) => ({ key, bucket, cost: bucket.unsettled }))
    spent.clear()
    for (const { bucket } of batch) bucket.unsettled = 0
    try {
      const answers = await shared.take(
        batch.map(({ key, bucket, cost }) => ({ key, policy: bucket.policy, cost, force: true })),
      )
      for (const [index, { bucket }] of batch.entries()) {
        const answer = answers[index]
        if (answer) bucket.tokens = Math.min(bucket.tokens, answer.tokens - bucket.unsettled)
      }
    } catch (error) {
      log.debug('rate limits are counted per process', {
        'event.action': 'rate-limit.local',
        'error.message': String(error),
      })
    } finally {
      settling = false
    }
  }

  const timer = setInterval(() => void settle(), SETTLE_EVERY_MS).unref()

  return {
    check(limitClass, caller) {
      const policy = policies[limitClass]
      if (!policy) throw new Error(`no rate limit is defined for ${limitClass}`)
      const key = `${limitClass}:${caller}`
      const bucket = bucketOf(key, policy)
      return policy.strict ? takeShared(limitClass, key, bucket) : takeLocally(limitClass, key, bucket)
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
