import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectRedis } from '../../src/redis/connect.ts'
import { Secret } from '../../src/runtime/config.ts'
import { eventually } from '../../src/testing/eventually.ts'
import { testRedisUrl } from '../../src/testing/stores.ts'
import { ownRedis } from '../own-servers.ts'

const unavailable = { name: 'AppError', kind: 'unavailable', code: 'redis.unavailable' }

/** How long `fn` takes to fail with `unavailable`, in milliseconds. */
const failing = async (fn: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now()
  await assert.rejects(fn, unavailable)
  return performance.now() - startedAt
}

test('keys have the prefix of the address, and scripts get it too', async () => {
  await using redis = connectRedis({ url: testRedisUrl() })
  await redis.attempted
  await redis.client.set('a', '1')
  const script = `return {KEYS[1], redis.call('GET', KEYS[1]), ARGV[1]}`
  assert.deepEqual(await redis.run(script, ['a'], [7]), [`${redis.prefix}a`, '1', '7'])
  assert.deepEqual(await redis.run(script, ['a'], [8]), [`${redis.prefix}a`, '1', '8'])
})

test('a mistake in a command is not taken for an outage', async () => {
  await using redis = connectRedis({ url: testRedisUrl() })
  await redis.attempted
  await redis.client.set('text', 'a')
  await assert.rejects(redis.client.incr('text'), { name: 'ReplyError' })
  await redis.check()
})

test('commands fail at once while Redis is away, and work again by themselves when it is back', async () => {
  await using server = await ownRedis()
  await server.stop()
  await using redis = connectRedis({ url: new Secret(server.url) })
  await redis.attempted
  assert.equal(redis.available, false)
  assert.ok((await failing(() => redis.client.get('a'))) < 300)
  let heard = 0
  redis.onAvailable(() => (heard += 1))
  await server.start()
  await eventually(() => redis.check())
  await server.kill()
  assert.ok((await failing(() => redis.client.get('a'))) < 300)
  await server.start()
  await eventually(() => redis.check())
  assert.equal(heard, 2)
})

test('a Redis that hangs costs a few timeouts, then nothing, and is used again when it goes on', async () => {
  await using server = await ownRedis()
  await using redis = connectRedis({ url: new Secret(server.url) })
  await redis.attempted
  const info = await redis.client.info('server')
  const pid = Number(/process_id:(\d+)/.exec(info)?.[1])
  process.kill(pid, 'SIGSTOP')
  try {
    for (let i = 0; i < 3; i += 1) assert.ok((await failing(() => redis.client.get('a'))) < 300)
    await eventually(async () => assert.ok((await failing(() => redis.client.get('a'))) < 20))
    for (let i = 0; i < 20; i += 1) assert.ok((await failing(() => redis.client.get('a'))) < 300)
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await eventually(() => redis.check())
})
