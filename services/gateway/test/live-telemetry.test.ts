import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestsInFlight } from '@pharos/platform/http/scope'
import { tracing, useSpanSink } from '@pharos/platform/telemetry/trace-pipeline'
import { Secret } from '@pharos/platform/runtime/config'
import { eventually } from '@pharos/platform/testing/eventually'
import { ownRedis } from '../../../platform/test/own-servers.ts'
import { openSocket, openStream } from './live-clients.ts'
import { metric, startLiveGateway } from './live-gateway.ts'

type Span = { name: string; traceId: string; attributes: Record<string, unknown>; seconds: number }

const spans: Span[] = []
tracing.notes = true
tracing.enabled = true
useSpanSink({
  take: (notes) => {
    for (const { name, traceId, attributes, startedAt, endedAt } of notes)
      spans.push({ name, traceId, attributes, seconds: (endedAt - startedAt) / 1_000 })
  },
  flush: async () => {},
})

const spansOf = (name: string) => spans.filter((span) => span.name === name)
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`

test('open connections are no requests in flight: the request ends for telemetry when the stream is open', async () => {
  await using world = await startLiveGateway()
  const series = 'http_server_request_duration_seconds_count{method="GET",route="/api/v1/notification'
  const counts = async () =>
    Promise.all([metric(`${series}/stream",status_code="200"}`), metric(`${series}/ws",status_code="101"}`)])
  const before = await counts()
  using stream = await openStream(world.port, await world.token(1))
  using socket = await openSocket(world.port, await world.token(1))
  await eventually(() => assert.equal(requestsInFlight(), 0))
  const opened = before.map((count) => count + 1)
  assert.deepEqual(await counts(), opened)
  for (const name of ['GET /api/v1/notification/stream', 'GET /api/v1/notification/ws'])
    assert.equal(spansOf(name).length, 1, name)
  stream.close()
  socket.ws.close()
  await socket.closed
  await eventually(async () => assert.equal(await metric('realtime_connections{transport="sse"}'), 0))
  assert.deepEqual([await counts(), requestsInFlight()], [opened, 0])
})

test('a refused handshake is told of by the status that it would have had', async () => {
  await using world = await startLiveGateway()
  const series = 'http_server_request_duration_seconds_count{method="GET",route="/api/v1/ws",status_code="401"}'
  const before = await metric(series)
  using socket = await openSocket(world.port, undefined, { path: '/ws' })
  await socket.closed
  await eventually(async () => assert.equal(await metric(series), before + 1))
})

test('one notification is one span in the trace of what has caused it, however many connections there are', async () => {
  await using world = await startLiveGateway()
  const token = await world.token(7)
  using stream = await openStream(world.port, token)
  using socket = await openSocket(world.port, token)
  spans.length = 0
  const { id } = await world.notifications.notify(7, {}, { correlationId: 'of-the-cause', traceparent })
  await eventually(() => assert.deepEqual([stream.ids(), socket.ids()], [[id], [id]]))
  const [delivered, ...more] = spansOf('deliver live')
  assert.deepEqual(more, [])
  assert.equal(delivered?.traceId, TRACE)
  const attributes = delivered?.attributes ?? {}
  assert.deepEqual(
    [
      attributes['app.correlation_id'],
      attributes['user.id'],
      attributes['app.notification_id'],
      attributes['app.connections'],
    ],
    ['of-the-cause', '7', id, 2],
  )
})

test('an announcement that says nothing new leaves no span', async () => {
  await using world = await startLiveGateway()
  using stream = await openStream(world.port, await world.token(1))
  const view = await world.notifications.notify(1)
  await eventually(() => assert.deepEqual(stream.ids(), [view.id]))
  spans.length = 0
  await world.notifications.announce(view)
  const next = await world.notifications.notify(1)
  await eventually(() => assert.deepEqual(stream.ids(), [view.id, next.id]))
  assert.equal(spansOf('deliver live').length, 1)
})

test('reading what was missed after an outage is work of its own, with the call in it', async () => {
  await using server = await ownRedis()
  await using world = await startLiveGateway({ redisUrl: new Secret(server.url) })
  using stream = await openStream(world.port, await world.token(1))
  spans.length = 0
  await world.publisher.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  const { id } = world.notifications.store(1)
  await eventually(() => assert.deepEqual(stream.ids(), [id]))
  const { traceId } = await eventually(() => {
    const [span] = spansOf('catch up live')
    assert.ok(span)
    return span
  })
  assert.ok(spans.some((span) => span.traceId === traceId && span.name === 'GET /internal/notifications'))
})
