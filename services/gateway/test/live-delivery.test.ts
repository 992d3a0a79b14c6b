import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '@pharos/platform/testing/eventually'
import { openSocket, openStream } from './live-clients.ts'
import { metric, startLiveGateway } from './live-gateway.ts'

test('a stream opens as the contract says, and each new notification is one event in it', async () => {
  await using world = await startLiveGateway()
  world.notifications.store(1)
  using stream = await openStream(world.port, await world.token(1), { headers: { 'x-correlation-id': 'mine' } })
  const { headers } = stream
  assert.deepEqual(
    [headers['content-type'], headers['cache-control'], headers['x-accel-buffering'], headers['x-correlation-id']],
    ['text/event-stream; charset=utf-8', 'no-cache, no-transform', 'no', 'mine'],
  )
  const first = await world.notifications.notify(1, { text: 'line\nbreak' })
  await world.notifications.notify(2)
  const second = await world.notifications.notify(1)
  await eventually(() => assert.equal(stream.ids().length, 2))
  assert.ok(stream.text().startsWith('retry: 2000\n\n'))
  assert.deepEqual(stream.events().slice(1), [
    { id: String(first.id), event: 'notification', data: JSON.stringify(first) },
    { id: String(second.id), event: 'notification', data: JSON.stringify(second) },
  ])
})

test('a WebSocket gets the same, with the correlation id of the request that caused it', async () => {
  await using world = await startLiveGateway()
  for (const path of ['/notification/ws', '/notifications/ws', '/ws', '/ws/']) {
    using socket = await openSocket(world.port, await world.token(1), { path })
    assert.equal(socket.ws.protocol, 'bearer')
    assert.match(String(socket.headers['x-correlation-id']), /^[\w-]{36}$/)
    const caused = await world.notifications.notify(1, { a: 1 }, { correlationId: 'of-the-cause' })
    const plain = await world.notifications.notify(1)
    await eventually(() => assert.equal(socket.messages.length, 2))
    assert.deepEqual(socket.messages, [{ ...caused, correlation_id: 'of-the-cause' }, plain])
  }
})

for (const path of ['/notification/stream', '/notifications/stream', '/notifications/stream/']) {
  test(`a stream resumes exactly after the notification that it names, at ${path}`, async () => {
    await using world = await startLiveGateway()
    const stored = Array.from({ length: 200 }, () => world.notifications.store(1).id)
    using stream = await openStream(world.port, await world.token(1), { headers: { 'last-event-id': '50' }, path })
    await eventually(() => assert.deepEqual(stream.ids(), stored.slice(50)))
    const next = await world.notifications.notify(1)
    await eventually(() => assert.deepEqual(stream.ids(), [...stored.slice(50), next.id]))
  })
}

test('a WebSocket resumes by its query', async () => {
  await using world = await startLiveGateway()
  const stored = Array.from({ length: 40 }, () => world.notifications.store(1).id)
  using socket = await openSocket(world.port, await world.token(1), { path: '/ws?last_event_id=3' })
  await eventually(() => assert.deepEqual(socket.ids(), stored.slice(3)))
})

test('an announcement that comes again is passed on once', async () => {
  await using world = await startLiveGateway()
  using stream = await openStream(world.port, await world.token(1))
  const one = await world.notifications.notify(1)
  const two = await world.notifications.notify(1)
  await world.notifications.announce(one)
  await world.notifications.announce(two)
  const three = await world.notifications.notify(1)
  await eventually(() => assert.equal(stream.ids().at(-1), three.id))
  assert.deepEqual(stream.ids(), [one.id, two.id, three.id])
})

test('what is announced while missed ones are read comes after them, in order and once', async () => {
  await using world = await startLiveGateway()
  const stored = Array.from({ length: 70 }, () => world.notifications.store(1).id)
  const announced: number[] = []
  world.notifications.beforeAnswer(async () => {
    // One that the answer has as well, and, after it is made, one that it has not.
    announced.push((await world.notifications.notify(1)).id)
    setImmediate(() => void world.notifications.notify(1).then(({ id }) => announced.push(id)))
  })
  using stream = await openStream(world.port, await world.token(1), { headers: { 'last-event-id': '0' } })
  await eventually(() => assert.equal(stream.ids().length, stored.length + announced.length))
  assert.deepEqual(stream.ids(), [...stored, ...announced.toSorted((a, b) => a - b)])
})

test('a thousand notifications in a row arrive all, in order, on every connection of the user, on either gateway', async () => {
  await using world = await startLiveGateway({ gateways: 2 })
  const [one, two] = world.gateways
  const token = await world.token(1)
  using a = await openStream(one?.port ?? 0, token)
  using b = await openStream(two?.port ?? 0, token)
  using c = await openSocket(two?.port ?? 0, token)
  const sent: number[] = []
  for (let count = 0; count < 1_000; count += 1) sent.push((await world.notifications.notify(1)).id)
  for (const client of [a, b, c]) await eventually(() => assert.equal(client.ids().length, 1_000))
  assert.deepEqual([a.ids(), b.ids(), c.ids()], [sent, sent, sent])
})

test('connections and what goes over them are counted, and one user has one subscription', async () => {
  await using world = await startLiveGateway()
  const token = await world.token(1)
  const before = await metric('realtime_messages_total{transport="sse"}')
  const stream = await openStream(world.port, token)
  using socket = await openSocket(world.port, token)
  const gauges = async () =>
    Promise.all(['sse', 'ws'].map((transport) => metric(`realtime_connections{transport="${transport}"}`)))
  assert.deepEqual(await gauges(), [1, 1])
  await world.notifications.notify(1)
  await eventually(() => assert.deepEqual([stream.ids().length, socket.ids().length], [1, 1]))
  assert.equal(await metric('realtime_messages_total{transport="sse"}'), before + 1)
  const channel = `${world.redis.prefix}live:1`
  assert.deepEqual(await world.redis.client.pubsub('NUMSUB', channel), [channel, 1])
  stream.close()
  await eventually(async () => assert.deepEqual(await gauges(), [0, 1]))
  socket.ws.close()
  await eventually(async () => assert.deepEqual(await world.redis.client.pubsub('NUMSUB', channel), [channel, 0]))
})

test('HEAD of the stream is its head alone, and holds nothing open', async () => {
  await using world = await startLiveGateway()
  const { status, headers } = await world.client.request('HEAD', '/notification/stream', {
    token: await world.token(1),
  })
  assert.deepEqual([status, headers['content-type']], [200, 'text/event-stream; charset=utf-8'])
  assert.equal(await metric('realtime_connections{transport="sse"}'), 0)
})
