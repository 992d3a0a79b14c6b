import type { SharedBuckets } from '@pharos/platform/http/rate-limit'
import type { RedisConnection } from '@pharos/platform/redis/connect'

/**
 * Takes tokens from several buckets in one call. A bucket is a hash of tokens and the time of its last change; the
 * time is Redis's own, so that replicas with different clocks agree. Arguments per key: limit, tokens per
 * millisecond, cost, 1 to take without refusing.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answers = {}
for i, key in ipairs(KEYS) do
  local limit = tonumber(ARGV[i * 4 - 3])
  local rate = tonumber(ARGV[i * 4 - 2])
  local cost = tonumber(ARGV[i * 4 - 1])
  local force = ARGV[i * 4] == '1'
  local held = redis.call('HMGET', key, 'tokens', 'at')
  local tokens = tonumber(held[1]) or limit
  local at = tonumber(held[2]) or now
  tokens = math.min(limit, tokens + math.max(0, now - at) * rate)
  local allowed = tokens >= cost
  if allowed or force then tokens = math.max(-limit, tokens - cost) end
  redis.call('HSET', key, 'tokens', tostring(tokens), 'at', now)
  redis.call('PEXPIRE', key, math.ceil((limit - tokens) / rate) + 1000)
  answers[i * 2 - 1] = allowed and 1 or 0
  answers[i * 2] = tostring(tokens)
end
return answers
`

const MILLISECONDS = 1_000

/** Token buckets in Redis, shared by all replicas of the gateway. */
export const redisBuckets = (redis: RedisConnection): SharedBuckets => ({
  async take(requests) {
    const keys = requests.map(({ key }) => `limit:${key}`)
    const args = requests.flatMap(({ policy, cost, force }) => [
      policy.limit,
      policy.limit / (policy.windowSeconds * MILLISECONDS),
      cost,
      force ? 1 : 0,
    ])
    const answers = (await redis.run(TAKE, keys, args)) as (number | string)[]
    return requests.map((_request, index) => ({
      allowed: Number(answers[index * 2]) === 1,
      tokens: Number(answers[index * 2 + 1]),
    }))
  },
})
