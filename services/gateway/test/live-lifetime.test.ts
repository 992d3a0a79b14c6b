import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '@pharos/platform/testing/eventually'
import { openSocket, openStream } from './live-clients.ts'
import { metric, startLiveGateway } from './live-gateway.ts'

const quick = { heartbeatMs: 100, tickMs: 10 }

test('both transports show that they live at each heartbeat, and stay for as long as the client answers', async () => {
  await using world = await startLiveGateway({ times: quick })
  using stream = await openStream(world.port, await world.token(1))
  using socket = await openSocket(world.port, await world.token(1))
  await eventually(() => assert.ok(stream.beats() >= 5 && socket.pings() >= 5))
  const { id } = await world.notifications.notify(1)
  await eventually(() => assert.deepEqual([stream.ids(), socket.ids()], [[id], [id]]))
})

test('a WebSocket whose client does not answer a ping is gone by the next', async () => {
  await using world = await startLiveGateway({ times: quick })
  using socket = await openSocket(world.port, await world.token(1), { autoPong: false })
  assert.equal((await socket.closed).code, 1006)
  assert.equal(socket.pings(), 1)
})

test('a connection ends when its token expires, without waiting for a heartbeat', async () => {
  await using world = await startLiveGateway({ times: { heartbeatMs: 600_000 } })
  const token = await world.token(1, { expiresInSeconds: 2 })
  using stream = await openStream(world.port, token)
  using socket = await openSocket(world.port, token)
  assert.deepEqual(await socket.closed, { code: 4401, reason: 'token expired' })
  await stream.closed
  assert.deepEqual(stream.events().at(-1), { event: 'expired', data: '{"message":"token expired"}' })
})

test('with a revoked session or user nothing more is passed on, and the connection ends', async () => {
  await using world = await startLiveGateway()
  using stream = await openStream(world.port, await world.token(1, { sid: 'one' }))
  using socket = await openSocket(world.port, await world.token(1, { sid: 'two' }))
  await world.revocations.revokeSession('one')
  const { id } = await world.notifications.notify(1)
  await stream.closed
  assert.deepEqual(stream.events().at(-1), { event: 'revoked', data: '{"message":"unauthenticated"}' })
  await eventually(() => assert.deepEqual(socket.ids(), [id]))
  await world.revocations.revokeUser(1)
  await world.notifications.notify(1)
  assert.deepEqual(await socket.closed, { code: 4401, reason: 'unauthenticated' })
  assert.deepEqual([stream.ids(), socket.ids()], [[], [id]])
})

test('revocation is noticed by the heartbeat, without a notification', async () => {
  await using world = await startLiveGateway({ times: quick })
  using socket = await openSocket(world.port, await world.token(1))
  await world.revocations.revokeUser(1)
  assert.deepEqual(await socket.closed, { code: 4401, reason: 'unauthenticated' })
})

test('on shutdown streams and WebSockets end at once, and the server waits for none of them', async () => {
  const world = await startLiveGateway()
  const token = await world.token(1)
  const stream = await openStream(world.port, token)
  const socket = await openSocket(world.port, token)
  // One that reads nothing, and so would never end by itself.
  const deaf = await openSocket(world.port, token)
  deaf.ws.pause()
  const startedAt = performance.now()
  await world[Symbol.asyncDispose]()
  assert.ok(performance.now() - startedAt < 5_000)
  assert.deepEqual(await socket.closed, { code: 1001, reason: 'going away' })
  await stream.closed
  assert.ok(stream.response.complete, 'the stream was cut instead of ended')
  deaf.ws.terminate()
})

test('what a client sends is ignored; a frame beyond 1 KiB closes with 1009, a flood with 1008', async () => {
  await using world = await startLiveGateway()
  const token = await world.token(1)
  using talks = await openSocket(world.port, token)
  for (let count = 0; count < 20; count += 1) talks.ws.send('x'.repeat(1_024))
  const { id } = await world.notifications.notify(1)
  await eventually(() => assert.deepEqual(talks.ids(), [id]))
  using large = await openSocket(world.port, token)
  large.ws.send('x'.repeat(1_025))
  assert.equal((await large.closed).code, 1009)
  using floods = await openSocket(world.port, token)
  for (let count = 0; count < 100; count += 1) floods.ws.send('x')
  assert.deepEqual(await floods.closed, { code: 1008, reason: 'sends too much' })
  using pings = await openSocket(world.port, token)
  for (let count = 0; count < 100; count += 1) pings.ws.ping()
  assert.equal((await pings.closed).code, 1008)
})

const big = { text: 'x'.repeat(15_000) }

/** How many were cut off because they did not read, noticed by what is unsent or by the heartbeat. */
const cutOff = async (transport: string): Promise<number> => {
  const [slow = 0, silent = 0] = await Promise.all(
    ['slow', 'silent'].map((reason) => metric(`realtime_closed_total{transport="${transport}",reason="${reason}"}`)),
  )
  return slow + silent
}

test('a client that reads too slowly is cut off before it fills the memory, and loses nothing when it resumes', async () => {
  await using world = await startLiveGateway({ times: { heartbeatMs: 5_000 } })
  const token = await world.token(1)
  const before = [await cutOff('sse'), await cutOff('ws')]
  using stream = await openStream(world.port, token)
  using socket = await openSocket(world.port, token)
  stream.response.pause()
  socket.ws.pause()
  const sent: number[] = []
  await eventually(
    async () => {
      sent.push((await world.notifications.notify(1, big)).id)
      assert.deepEqual(
        [await cutOff('sse'), await cutOff('ws')],
        before.map((count) => count + 1),
      )
    },
    { intervalMs: 1, timeoutMs: 30_000 },
  )
  stream.response.resume()
  socket.ws.resume()
  await Promise.all([stream.closed, socket.closed])
  const [sse, ws] = [stream.ids(), socket.ids()]
  assert.deepEqual([sse, ws], [sent.slice(0, sse.length), sent.slice(0, ws.length)])
  using again = await openStream(world.port, token, { headers: { 'last-event-id': String(sse.at(-1)) } })
  await eventually(() => assert.deepEqual([...sse, ...again.ids()], sent))
})

test('a long list of missed ones goes out as fast as the client reads, and no faster', async () => {
  await using world = await startLiveGateway()
  const stored = Array.from({ length: 1_000 }, () => world.notifications.store(1, big).id)
  const token = await world.token(1)
  using stream = await openStream(world.port, token, { headers: { 'last-event-id': '0' } })
  stream.response.pause()
  let before = -1
  await eventually(
    () => {
      const calls = world.notifications.calls()
      const still = calls === before
      before = calls
      assert.ok(still)
    },
    { intervalMs: 300 },
  )
  assert.ok(before < 25, `${before} pages were read for a client that reads nothing`)
  stream.response.resume()
  await eventually(() => assert.deepEqual(stream.ids(), stored), { timeoutMs: 30_000 })
})

test('a client that reads nothing at all while there is something for it is given up after two heartbeats', async () => {
  await using world = await startLiveGateway({ times: { heartbeatMs: 400, tickMs: 20 } })
  for (let count = 0; count < 1_000; count += 1) world.notifications.store(1, big)
  using stream = await openStream(world.port, await world.token(1), { headers: { 'last-event-id': '0' } })
  stream.response.pause()
  await eventually(async () => assert.equal(await metric('realtime_connections{transport="sse"}'), 0))
})
