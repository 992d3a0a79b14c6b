import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startRedis } from '../../local/components/redis.ts'
import { exchange } from '../../local/components/server.ts'
import { readSettings } from '../../local/settings.ts'
import { temporaryHome } from '../../local/temporary-home.ts'
import { inject } from '../inject.ts'
import { targetOf } from '../target.ts'

test('Redis is nearly full, without having to evict, and empty again after the repair', async () => {
  await using home = await temporaryHome()
  await mkdir(join(home.path, 'logs'))
  const place = { dataDir: join(home.path, 'redis'), logFile: join(home.path, 'logs/redis.log') }
  await using redis = await startRedis({ ...place, password: 'secret', durable: false })
  const info = async (): Promise<{ share: number; evicted: number; keys: number }> => {
    const text = (await exchange(redis.port, Buffer.from('AUTH secret\r\nINFO\r\n'))).toString()
    const number = (name: string): number => Number(new RegExp(`${name}:(\\d+)`).exec(text)?.[1] ?? 0)
    const share = number('used_memory') / number('maxmemory')
    return { share, evicted: number('evicted_keys'), keys: Number(/keys=(\d+)/.exec(text)?.[1] ?? 0) }
  }
  const target = targetOf({ ...readSettings({}), home: home.path, given: { redis: redis.url } })
  const { repair } = await inject({ name: 'full', injection: { by: 'attack', name: 'fill-redis' } }, target)
  const full = await info()
  assert.ok(full.share > 0.92 && full.share < 1, `${full.share} of its memory`)
  assert.ok(full.keys > 300 && full.evicted === 0, JSON.stringify(full))
  await repair()
  assert.equal((await info()).keys, 0)
})
