import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Secret } from '@pharos/platform/runtime/config'
import { eventually } from '@pharos/platform/testing/eventually'
import { refusal, refused } from '@pharos/platform/testing/refusals'
import { ownRedis } from '../../../platform/test/own-servers.ts'
import { openSocket, openStream } from './live-clients.ts'
import { startLiveGateway } from './live-gateway.ts'

/** Of this file alone: cutting subscriptions would make the tests of other files deaf as well. */
const ownServer = await ownRedis()
after(() => ownServer[Symbol.asyncDispose]())
const redisUrl = new Secret(ownServer.url)

test('with the notifications service away a stream is 503 and a WebSocket closes with 1013; both open when it is back', async () => {
  await using world = await startLiveGateway({ redisUrl })
  const token = await world.token(1)
  world.notifications.setAway(true)
  const answer = await world.client.get('/notification/stream', { token })
  assert.deepEqual(
    [refusal(answer), answer.headers['retry-after']],
    [refused(503, 'service unavailable', 'SERVICE_UNAVAILABLE'), '1'],
  )
  using refusedSocket = await openSocket(world.port, token)
  assert.deepEqual(await refusedSocket.closed, { code: 1013, reason: 'service unavailable' })
  world.notifications.setAway(false)
  using stream = await openStream(world.port, token)
  const { id } = await world.notifications.notify(1)
  await eventually(() => assert.deepEqual(stream.ids(), [id]))
})

test('what was announced while the process was deaf is read when it hears again, in order and once', async () => {
  await using world = await startLiveGateway({ redisUrl })
  using stream = await openStream(world.port, await world.token(1))
  using socket = await openSocket(world.port, await world.token(1))
  const expected = [(await world.notifications.notify(1)).id]
  await eventually(() => assert.deepEqual([stream.ids(), socket.ids()], [expected, expected]))
  for (let round = 0; round < 3; round += 1) {
    await world.publisher.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    for (let count = 0; count < 20; count += 1) expected.push((await world.notifications.notify(1)).id)
    await eventually(() => assert.deepEqual([stream.ids(), socket.ids()], [expected, expected]))
  }
})

test('while Redis is away notifications still arrive, by asking; connections open, and all is live when it is back', async () => {
  await using server = await ownRedis()
  await using world = await startLiveGateway({ redisUrl: new Secret(server.url), times: { pollMs: 200 } })
  const token = await world.token(1)
  using stream = await openStream(world.port, token)
  await server.kill()
  await eventually(() => assert.equal(world.redis.available, false))
  const first = world.notifications.store(1).id
  await eventually(() => assert.deepEqual(stream.ids(), [first]))
  using late = await openSocket(world.port, token)
  const second = world.notifications.store(1).id
  await eventually(() => assert.deepEqual([stream.ids(), late.ids()], [[first, second], [second]]))
  await server.start()
  await eventually(() => world.publisher.check())
  // Once announcements are believed again, nobody asks any more.
  let before = -1
  await eventually(
    () => {
      const calls = world.notifications.calls()
      const still = calls === before
      before = calls
      assert.ok(still)
    },
    { intervalMs: 500 },
  )
  const third = (await world.notifications.notify(1)).id
  await eventually(() =>
    assert.deepEqual(
      [stream.ids(), late.ids()],
      [
        [first, second, third],
        [second, third],
      ],
    ),
  )
  assert.equal(world.notifications.calls(), before)
})

test('an announcement that could not be made just after an outage is not lost behind the next one', async () => {
  await using world = await startLiveGateway({ redisUrl, times: { settleMs: 2_000 } })
  using stream = await openStream(world.port, await world.token(1))
  await world.publisher.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  const opening = world.notifications.calls()
  // The reading that follows the outage has been.
  await eventually(() => assert.equal(world.notifications.calls(), opening + 1))
  const silent = world.notifications.store(1).id
  const announced = (await world.notifications.notify(1)).id
  await eventually(() => assert.deepEqual(stream.ids(), [silent, announced]))
})

test('a catch-up that fails is tried again until it succeeds, and what is announced meanwhile does not overtake', async () => {
  await using world = await startLiveGateway({ redisUrl })
  using stream = await openStream(world.port, await world.token(1))
  world.notifications.setAway(true)
  const calls = world.notifications.calls()
  const prefix = world.redis.prefix
  await world.publisher.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  const missed = world.notifications.store(1).id
  await eventually(() => assert.ok(world.notifications.calls() > calls + 1))
  await eventually(async () =>
    assert.deepEqual(await world.redis.client.pubsub('NUMSUB', `${prefix}live:1`), [`${prefix}live:1`, 1]),
  )
  const announced = (await world.notifications.notify(1)).id
  assert.deepEqual(stream.ids(), [])
  world.notifications.setAway(false)
  await eventually(() => assert.deepEqual(stream.ids(), [missed, announced]), { timeoutMs: 20_000 })
})

test('after an outage not everybody asks at once', async () => {
  await using world = await startLiveGateway({ redisUrl, times: { spreadMs: 0 } })
  await using stack = new AsyncDisposableStack()
  const streams: Awaited<ReturnType<typeof openStream>>[] = []
  for (let user = 1; user <= 60; user += 1)
    streams.push(stack.use(await openStream(world.port, await world.token(user))))
  let [atOnce, most] = [0, 0]
  world.notifications.beforeAnswer(async () => {
    atOnce += 1
    most = Math.max(most, atOnce)
    await new Promise((resolve) => setTimeout(resolve, 20))
    atOnce -= 1
  })
  await world.publisher.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  const sent: number[] = []
  for (let user = 1; user <= 60; user += 1) sent.push(world.notifications.store(user).id)
  await eventually(() =>
    assert.deepEqual(
      streams.map((stream) => stream.ids()[0]),
      sent,
    ),
  )
  assert.ok(most <= 20, `${most} at once`)
})

test('an announcement that can’t be read makes the connection ask', async () => {
  await using world = await startLiveGateway({ redisUrl })
  using stream = await openStream(world.port, await world.token(1))
  const { id } = world.notifications.store(1)
  await world.publisher.client.publish(`${world.publisher.prefix}live:1`, '{"id":')
  await eventually(() => assert.deepEqual(stream.ids(), [id]))
})

test('a token that is refused by the notifications service ends its connection, and no circuit opens', async () => {
  await using world = await startLiveGateway({ redisUrl })
  await using stack = new AsyncDisposableStack()
  const sockets = []
  for (let user = 1; user <= 8; user += 1)
    sockets.push(stack.use(await openSocket(world.port, await world.token(user))))
  using other = await openStream(world.port, await world.token(9))
  world.notifications.refuse((userId) => userId < 9)
  await world.publisher.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  for (const socket of sockets) assert.deepEqual(await socket.closed, { code: 4401, reason: 'unauthenticated' })
  const { id } = world.notifications.store(9)
  await eventually(() => assert.deepEqual(other.ids(), [id]))
})

test('an announcement that names one before it which was not heard makes the connection read, in order and once', async () => {
  await using world = await startLiveGateway({ redisUrl })
  using stream = await openStream(world.port, await world.token(1))
  const first = await world.notifications.notify(1)
  await eventually(() => assert.deepEqual(stream.ids(), [first.id]))
  const unheard = world.notifications.store(1)
  const third = world.notifications.store(1)
  await world.notifications.announce(third, { previousId: unheard.id })
  const fourth = world.notifications.store(1)
  await world.notifications.announce(fourth, { previousId: third.id })
  const all = [first.id, unheard.id, third.id, fourth.id]
  await eventually(() => assert.deepEqual(stream.ids(), all))
  const calls = world.notifications.calls()
  const fifth = world.notifications.store(1)
  await world.notifications.announce(fifth, { previousId: fourth.id })
  await eventually(() => assert.deepEqual(stream.ids(), [...all, fifth.id]))
  assert.equal(world.notifications.calls(), calls)
})

test('what is never announced arrives all the same, later', async () => {
  await using world = await startLiveGateway({ redisUrl, times: { recheckMs: 300 } })
  using stream = await openStream(world.port, await world.token(1))
  const { id } = world.notifications.store(1)
  await eventually(() => assert.deepEqual(stream.ids(), [id]))
})

test('such a look that fails holds up no announcement', async () => {
  await using world = await startLiveGateway({ redisUrl, times: { recheckMs: 200 } })
  using stream = await openStream(world.port, await world.token(1))
  world.notifications.setAway(true)
  const calls = world.notifications.calls()
  const sent: number[] = []
  await eventually(async () => {
    sent.push((await world.notifications.notify(1)).id)
    assert.ok(world.notifications.calls() > calls + 3)
  })
  await eventually(() => assert.deepEqual(stream.ids(), sent), { timeoutMs: 1_000 })
})
