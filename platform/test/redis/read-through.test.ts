import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectRedis } from '../../src/redis/connect.ts'
import type { RedisConnection } from '../../src/redis/connect.ts'
import { createReadThrough } from '../../src/redis/read-through.ts'
import { Secret } from '../../src/runtime/config.ts'
import { eventually } from '../../src/testing/eventually.ts'
import { testRedisUrl } from '../../src/testing/stores.ts'
import { ownRedis } from '../own-servers.ts'

type Card = { readonly id: number; readonly name: string }

/** A table of one's own in place of Postgres; a load can be held to let something happen meanwhile. */
const createSource = () => {
  const source = {
    name: 'first' as string | undefined,
    loads: 0,
    held: undefined as Promise<void> | undefined,
    load: async (id: number): Promise<Card | undefined> => {
      source.loads += 1
      const { name } = source
      await source.held
      return name === undefined ? undefined : { id, name }
    },
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      source.held = promise
      return () => {
        source.held = undefined
        resolve()
      }
    },
  }
  return source
}

const cacheOn = (redis: RedisConnection, source: ReturnType<typeof createSource>) =>
  createReadThrough<number, Card>({ name: 'cards', redis, ttlMs: 60_000, maxEntries: 100, load: source.load })

const subscribed = async (redis: RedisConnection, count: number): Promise<void> => {
  const channel = `${redis.prefix}cache:cards`
  await eventually(async () => assert.deepEqual(await redis.client.pubsub('NUMSUB', channel), [channel, count]))
}

/** Two replicas of a service, each with connections of its own. */
const replicas = async (stack: AsyncDisposableStack, url: Secret) => {
  const source = createSource()
  const [one, two] = [stack.use(connectRedis({ url })), stack.use(connectRedis({ url }))]
  await Promise.all([one.attempted, two.attempted])
  const caches = { source, redis: one, here: cacheOn(one, source), there: cacheOn(two, source) }
  await subscribed(one, 2)
  return caches
}

test('a value is loaded once, then served from memory, and by Redis to another replica', async () => {
  await using stack = new AsyncDisposableStack()
  const { source, here, there } = await replicas(stack, testRedisUrl())
  assert.equal(here.peek(1), undefined)
  const expected = { id: 1, name: 'first' }
  assert.deepEqual(await Promise.all([here.get(1), here.get(1), here.get(1)]), [expected, expected, expected])
  assert.equal(source.loads, 1)
  assert.deepEqual(here.peek(1), expected)
  assert.deepEqual(await there.get(1), expected)
  assert.equal(source.loads, 1)
})

test('what does not exist is not remembered', async () => {
  await using stack = new AsyncDisposableStack()
  const { source, here } = await replicas(stack, testRedisUrl())
  source.name = undefined
  assert.equal(await here.get(1), undefined)
  source.name = 'born'
  assert.equal((await here.get(1))?.name, 'born')
})

test('an invalidation is seen here at once and by another replica a moment later', async () => {
  await using stack = new AsyncDisposableStack()
  const { source, here, there } = await replicas(stack, testRedisUrl())
  await Promise.all([here.get(1), there.get(1)])
  source.name = 'second'
  await here.invalidate(1)
  assert.equal((await here.get(1))?.name, 'second')
  await eventually(() => assert.notEqual(there.peek(1)?.name, 'first'))
  assert.equal((await there.get(1))?.name, 'second')
})

test('a load that an invalidation overtakes leaves nothing stale, in any tier of any replica', async () => {
  for (const invalidator of ['here', 'there'] as const) {
    await using stack = new AsyncDisposableStack()
    const caches = await replicas(stack, testRedisUrl())
    const { source, here, there } = caches
    const release = source.hold()
    const early = here.get(1)
    await eventually(() => assert.equal(source.loads, 1))
    source.name = 'second'
    await caches[invalidator].invalidate(1)
    release()
    assert.equal((await early)?.name, 'first', 'who asked before may get what was true then')
    await eventually(async () => assert.equal((await here.get(1))?.name, 'second'))
    assert.equal((await there.get(1))?.name, 'second')
  }
})

test('who asks after an invalidation does not join a load from before it', async () => {
  await using stack = new AsyncDisposableStack()
  const { source, here } = await replicas(stack, testRedisUrl())
  const release = source.hold()
  const early = here.get(1)
  await eventually(() => assert.equal(source.loads, 1))
  source.name = 'second'
  await here.invalidate(1)
  const late = here.get(1)
  release()
  assert.deepEqual([(await early)?.name, (await late)?.name], ['first', 'second'])
})

test('a failed load fails for who waits and is not remembered', async () => {
  await using redis = connectRedis({ url: testRedisUrl() })
  await redis.attempted
  let attempts = 0
  const load = async (id: number): Promise<Card> => {
    if (attempts++ === 0) throw new Error('no database')
    return { id, name: 'there' }
  }
  const cache = createReadThrough<number, Card>({ name: 'cards', redis, ttlMs: 1_000, maxEntries: 10, load })
  await Promise.all([assert.rejects(cache.get(1), /no database/), assert.rejects(cache.get(1), /no database/)])
  assert.equal((await cache.get(1))?.name, 'there')
})

test('a text in Redis that cannot be read counts as none', async () => {
  await using stack = new AsyncDisposableStack()
  const { source, redis, here } = await replicas(stack, testRedisUrl())
  await redis.client.set('cache:cards:1', 'no json')
  assert.equal((await here.get(1))?.name, 'first')
  assert.equal(source.loads, 1)
})

test('without Redis values are held a second at most, and what was changed meanwhile is told when it is back', async () => {
  await using server = await ownRedis()
  await using stack = new AsyncDisposableStack()
  const { source, here, there } = await replicas(stack, new Secret(server.url))
  await Promise.all([here.get(1), there.get(1)])
  await server.kill()
  await eventually(() => assert.equal(here.peek(1), undefined), { timeoutMs: 1_000 })
  await Promise.all([here.get(1), there.get(1)])
  source.name = 'second'
  const startedAt = performance.now()
  await here.invalidate(1)
  assert.ok(performance.now() - startedAt < 300)
  assert.equal((await here.get(1))?.name, 'second')
  await eventually(async () => assert.equal((await there.get(1))?.name, 'second'), { timeoutMs: 1_500 })
  await server.start()
  await eventually(async () => assert.equal((await there.get(1))?.name, 'second'))
})

test('an invalidation that Redis missed does not bring an old value back from Redis', async () => {
  await using server = await ownRedis()
  await using stack = new AsyncDisposableStack()
  const { source, redis, here } = await replicas(stack, new Secret(server.url))
  await here.get(1)
  const old = await redis.client.get('cache:cards:1')
  await server.kill()
  source.name = 'second'
  await here.invalidate(1)
  await server.start()
  await eventually(() => redis.check())
  await eventually(async () => assert.notEqual(await redis.client.get('cache:cards:1'), null))
  assert.notEqual(await redis.client.get('cache:cards:1'), old)
  assert.equal((await here.get(1))?.name, 'second')
})
