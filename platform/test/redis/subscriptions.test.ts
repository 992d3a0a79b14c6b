import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectRedis } from '../../src/redis/connect.ts'
import type { RedisConnection } from '../../src/redis/connect.ts'
import { Secret } from '../../src/runtime/config.ts'
import { eventually } from '../../src/testing/eventually.ts'
import { testRedisUrl } from '../../src/testing/stores.ts'
import { ownRedis } from '../own-servers.ts'

const connect = async (url = testRedisUrl()) => {
  const redis = connectRedis({ url })
  await redis.attempted
  return redis
}

/** Joins a channel and writes down what it hears: `live`, `lost`, and the messages. */
const listen = (redis: RedisConnection, channel: string) => {
  const heard: string[] = []
  const leave = redis.subscribe(channel, {
    onMessage: (message) => heard.push(message),
    onLive: () => heard.push('live'),
    onLost: () => heard.push('lost'),
  })
  return { heard, leave, live: () => eventually(() => assert.equal(heard.at(-1), 'live')) }
}

const publish = (redis: RedisConnection, channel: string, message: string) =>
  redis.client.publish(redis.prefix + channel, message)

/** How many connections Redis counts on a channel. */
const listeners = async (redis: RedisConnection, channel: string) => {
  const [, count] = (await redis.client.pubsub('NUMSUB', redis.prefix + channel)) as [string, number]
  return count
}

test('messages arrive in order, at all who have joined, and only on the channel that was meant', async () => {
  await using redis = await connect()
  const [a, b, other] = [listen(redis, 'a'), listen(redis, 'a'), listen(redis, 'b')]
  await Promise.all([a.live(), b.live(), other.live()])
  const sent = Array.from({ length: 500 }, (_x, index) => String(index))
  await Promise.all(sent.map((message) => publish(redis, 'a', message)))
  await eventually(() => assert.equal(a.heard.length, 501))
  assert.deepEqual([a.heard.slice(1), b.heard.slice(1), other.heard], [sent, sent, ['live']])
})

test('with the last who leaves, Redis is told, and nobody hears more', async () => {
  await using redis = await connect()
  const [a, b] = [listen(redis, 'a'), listen(redis, 'a')]
  await Promise.all([a.live(), b.live()])
  a.leave()
  a.leave()
  await publish(redis, 'a', 'x')
  await eventually(() => assert.deepEqual(b.heard, ['live', 'x']))
  assert.deepEqual([a.heard, await listeners(redis, 'a')], [['live'], 1])
  b.leave()
  await eventually(async () => assert.equal(await listeners(redis, 'a'), 0))
  assert.equal(await publish(redis, 'a', 'y'), 0)
})

test('who joins what others hold already is told that it works, after the call has returned', async () => {
  await using redis = await connect()
  await listen(redis, 'a').live()
  const late = listen(redis, 'a')
  assert.deepEqual(late.heard, [])
  await late.live()
})

test('leaving and joining again at once, whatever is under way, ends in a subscription that hears everything', async () => {
  await using redis = await connect()
  for (let round = 0; round < 40; round += 1) {
    const first = listen(redis, 'a')
    if (round % 2 === 0) await first.live()
    first.leave()
    // Every few rounds Redis has already been told.
    if (round % 3 === 0) await new Promise(setImmediate)
    const second = listen(redis, 'a')
    if (round % 5 === 0) {
      second.leave()
      continue
    }
    await second.live()
    assert.equal(await publish(redis, 'a', 'x'), 1)
    await eventually(() => assert.equal(second.heard.filter((word) => word === 'x').length, 1))
    second.leave()
  }
  await eventually(async () => assert.equal(await listeners(redis, 'a'), 0))
})

test('no message is missed by one who stays while others come and go on the same channel', async () => {
  await using redis = await connect()
  const stays = listen(redis, 'a')
  await stays.live()
  for (let round = 0; round < 200; round += 1) {
    const passer = listen(redis, 'a')
    await publish(redis, 'a', String(round))
    passer.leave()
  }
  await eventually(() => assert.equal(stays.heard.length, 201))
  assert.deepEqual(
    stays.heard.slice(1),
    Array.from({ length: 200 }, (_x, round) => String(round)),
  )
})

test('thousands of channels are joined, heard, found again after a cut, and left', async () => {
  await using server = await ownRedis()
  await using redis = await connect(new Secret(server.url))
  const all = Array.from({ length: 5_000 }, (_x, index) => listen(redis, `c${index}`))
  const allSay = (words: readonly string[]) =>
    eventually(() => assert.ok(all.every(({ heard }) => heard.join() === words.join())))
  await allSay(['live'])
  await redis.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await allSay(['live', 'lost', 'live'])
  for (let index = 0; index < 5_000; index += 500) await publish(redis, `c${index}`, 'x')
  await eventually(() => assert.equal(all[4_500]?.heard.at(-1), 'x'))
  assert.equal(all.filter(({ heard }) => heard.at(-1) === 'x').length, 10)
  for (const { leave } of all) leave()
  await eventually(async () => assert.deepEqual(await redis.client.pubsub('CHANNELS'), []))
})

test('what was joined or left while Redis was away is so when it is back', async () => {
  await using server = await ownRedis()
  await using redis = await connect(new Secret(server.url))
  const [stays, goes] = [listen(redis, 'stays'), listen(redis, 'goes')]
  await Promise.all([stays.live(), goes.live()])
  await server.kill()
  await eventually(() => assert.equal(stays.heard.at(-1), 'lost'))
  goes.leave()
  const comes = listen(redis, 'comes')
  await server.start()
  await Promise.all([stays.live(), comes.live()])
  assert.deepEqual([stays.heard, goes.heard, comes.heard], [['live', 'lost', 'live'], ['live', 'lost'], ['live']])
  const held = async () => ((await redis.client.pubsub('CHANNELS')) as string[]).toSorted()
  await eventually(async () => assert.deepEqual(await held(), ['comes', 'stays']))
})

test('a Redis that hangs makes everybody deaf, and they are told', async () => {
  await using server = await ownRedis()
  await using redis = await connect(new Secret(server.url))
  const one = listen(redis, 'a')
  await one.live()
  const pid = Number(/process_id:(\d+)/.exec(await redis.client.info('server'))?.[1])
  process.kill(pid, 'SIGSTOP')
  try {
    await eventually(() => assert.equal(one.heard.at(-1), 'lost'), { timeoutMs: 15_000 })
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await one.live()
})
