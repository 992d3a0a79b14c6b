import { connectRedis, type RedisConnection } from '@pharos/platform/redis/connect'
import { Secret } from '@pharos/platform/runtime/config'
import { z } from 'zod'
import { Failure } from '../../local/failure.ts'
import { breaker, nothingGoesOn, type Breaker } from '../breaker.ts'
import { untilWorks } from '../repeat.ts'
import type { Target } from '../target.ts'
import { storesOf } from './stores.ts'

/** Below what makes Redis evict, above what it is told of. */
const FULL = '0.96'
const STEPS = 64
/** A command that takes longer is given up. */
const KEYS_AT_ONCE = 32
const BACK_MS = 30_000

/** Zeros by SETRANGE: the memory is taken, and the append-only file gets a line and not the value. */
const FILL = `
for i = 1, ARGV[2] do
  local info = redis.call('INFO', 'memory')
  local used, most = string.match(info, 'used_memory:(%d+)'), string.match(info, 'maxmemory:(%d+)')
  if tonumber(most) == 0 then return -1 end
  if tonumber(used) >= tonumber(most) * ARGV[1] then return 0 end
  redis.call('SETRANGE', 'faults:filler:' .. ARGV[3] .. ':' .. i, 262143, 'x')
end
return 1
`
const EMPTY = `
local cursor = '0'
repeat
  local page = redis.call('SCAN', cursor, 'MATCH', 'faults:filler:*', 'COUNT', 1000)
  cursor = page[1]
  if #page[2] > 0 then redis.call('UNLINK', unpack(page[2])) end
until cursor == '0'
return 1
`

const withRedis = async <T>(target: Target, work: (redis: RedisConnection) => Promise<T>): Promise<T> => {
  await using redis = connectRedis({ url: new Secret(storesOf(target).redis) })
  await redis.attempted
  return await work(redis)
}

const fill = async (redis: RedisConnection): Promise<void> => {
  for (let step = 1; step <= STEPS; step += 1) {
    const left = await redis.run(FILL, [], [FULL, KEYS_AT_ONCE, step])
    if (left === -1) throw new Failure('Redis has no maxmemory: nothing fills it but the memory of the machine.')
    if (left === 0) return
  }
}

/** Keys without an end, until Redis is nearly full. */
export const fillRedis: Breaker = breaker(z.null(), {
  prepare: async (target) => {
    await withRedis(target, (redis) => redis.check())
    return null
  },
  apply: async (target) => {
    await withRedis(target, fill)
    return nothingGoesOn
  },
  mend: async (target) => {
    await untilWorks(BACK_MS, () => withRedis(target, (redis) => redis.run(EMPTY, [], [])))
  },
})
