import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { createRateLimiter } from '@pharos/platform/http/rate-limit'
import { eventually } from '@pharos/platform/testing/eventually'
import { invalidToken, refusal, refused, tokenExpired, unauthenticated } from '@pharos/platform/testing/refusals'
import { openSocket, openStream } from './live-clients.ts'
import { metric, startLiveGateway } from './live-gateway.ts'

const STREAM = '/notification/stream'
const unavailable = refused(503, 'service unavailable', 'SERVICE_UNAVAILABLE')

test('a stream is refused without a valid token, with the texts of every route', async () => {
  await using world = await startLiveGateway()
  const ask = async (headers: Record<string, string>) => refusal(await world.client.get(STREAM, { headers }))
  assert.deepEqual(await ask({}), unauthenticated)
  assert.deepEqual(await ask({ authorization: 'bearer x' }), invalidToken)
  assert.deepEqual(await ask({ authorization: 'Bearer nonsense' }), invalidToken)
  const expired = await world.token(1, { expiresInSeconds: -60 })
  assert.deepEqual(await ask({ authorization: `Bearer ${expired}` }), tokenExpired)
  await world.revocations.revokeSession('session-1')
  assert.deepEqual(await ask({ authorization: `Bearer ${await world.token(1)}` }), unauthenticated)
})

test('a WebSocket with a bad token is accepted, so that a browser hears why, and closed with 4401', async () => {
  await using world = await startLiveGateway()
  await world.revocations.revokeSession('revoked')
  const token = await world.token(1)
  const bad: [string, string[]][] = [
    ['unauthenticated', []],
    ['invalid token', ['bearer']],
    ['invalid token', ['bearer', 'nonsense']],
    ['invalid token', ['graphql-ws']],
    ['invalid token', ['bearer', token, 'more']],
    ['unauthenticated', ['bearer', `${token.slice(0, -4)}AAAA`]],
    ['token expired', ['bearer', await world.token(1, { expiresInSeconds: -60 })]],
    ['unauthenticated', ['bearer', await world.token(1, { sid: 'revoked' })]],
  ]
  for (const [reason, protocols] of bad) {
    using socket = await openSocket(world.port, undefined, { protocols })
    assert.deepEqual(await socket.closed, { code: 4401, reason }, protocols.join())
    assert.equal(socket.ws.protocol, protocols[0] ?? '')
  }
  assert.equal(world.notifications.calls(), 0)
})

for (const id of ['', 'abc', '-1', '1.5', '99999999999999999999', '1 2']) {
  test(`resuming after ${JSON.stringify(id)} is refused`, async () => {
    await using world = await startLiveGateway()
    const token = await world.token(1)
    const answer = await world.client.get(STREAM, { token, headers: { 'last-event-id': id } })
    assert.deepEqual(refusal(answer), refused(400, 'validation failed', 'VALIDATION_FAILED'))
    using socket = await openSocket(world.port, token, { path: `/ws?last_event_id=${encodeURIComponent(id)}` })
    assert.deepEqual(await socket.closed, { code: 4400, reason: 'validation failed' })
  })
}

test('a plain request for the WebSocket is told to upgrade', async () => {
  await using world = await startLiveGateway()
  for (const path of ['/ws', '/notification/ws', '/notifications/ws']) {
    const answer = await world.client.get(path)
    assert.deepEqual(refusal(answer), refused(426, 'upgrade required', 'UPGRADE_REQUIRED'))
    assert.equal(answer.headers['upgrade'], 'websocket')
  }
})

/** Sends a request by hand and resolves with all that comes back until the connection is closed. */
const raw = (port: number, lines: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    socket.once('end', () => resolve(text)).once('error', reject)
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  })

const upgradeOf = (path: string, ...more: string[]) => [
  `GET ${path} HTTP/1.1`,
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  ...more,
]
const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='

test('an upgrade of anything else is 404 in the envelope, one that is no handshake is 400', async () => {
  await using world = await startLiveGateway()
  for (const path of ['/', '/api/v1/users/5', '/api/v1/notification/stream', '//', '/api/v1/ws/more']) {
    const answer = await raw(world.port, upgradeOf(path, KEY, 'X-Correlation-ID: mine'))
    assert.match(answer, /^HTTP\/1\.1 404 Not Found\r\n[^]*"message":"not found"[^]*"correlation_id":"mine"/, path)
    assert.match(answer, /X-Correlation-ID: mine\r\n/)
  }
  const bad = await raw(
    world.port,
    upgradeOf('/api/v1/ws', 'Sec-WebSocket-Key: x', `Sec-WebSocket-Protocol: bearer, ${await world.token(1)}`),
  )
  assert.match(bad, /^HTTP\/1\.1 400 Bad Request\r\n[^]*"message":"invalid input"/)
  await eventually(async () => assert.equal(await metric('http_server_active_requests'), 0))
  assert.equal(await metric('realtime_connections{transport="ws"}'), 0)
})

test('who offers another protocol with an ordinary request, as some clients do with h2c, gets the ordinary answer', async () => {
  await using world = await startLiveGateway()
  const lines = [
    'GET /healthz HTTP/1.1',
    'Host: x',
    'Connection: Upgrade, HTTP2-Settings, close',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABk',
  ]
  assert.match(await raw(world.port, lines), /^HTTP\/1\.1 200 OK/)
})

test('opening counts as a read: beyond the limit a stream is 429, a WebSocket closes with 4429', async () => {
  const policy = (limit: number) => ({ limit, windowSeconds: 60, strict: false })
  const policies = { read: policy(2), write: policy(9), credentials: policy(9), send: policy(9) }
  using limiter = createRateLimiter({ policies, shared: { take: () => Promise.reject(new Error('away')) } })
  await using world = await startLiveGateway({ limiter })
  const token = await world.token(1)
  using stream = await openStream(world.port, token)
  using socket = await openSocket(world.port, token)
  assert.deepEqual([stream.ids(), socket.ids()], [[], []])
  const answer = await world.client.get(STREAM, { token })
  assert.deepEqual(
    [refusal(answer), answer.headers['retry-after']],
    [refused(429, 'too many requests', 'RATE_LIMITED'), '30'],
  )
  using third = await openSocket(world.port, token)
  assert.deepEqual(await third.closed, { code: 4429, reason: 'too many requests' })
})

test('the eleventh connection of a user ends the oldest, whatever the transport', async () => {
  await using world = await startLiveGateway()
  const token = await world.token(1)
  await using stack = new AsyncDisposableStack()
  const stream = stack.use(await openStream(world.port, token))
  const socket = stack.use(await openSocket(world.port, token))
  const others = []
  for (let count = 0; count < 10; count += 1) others.push(stack.use(await openStream(world.port, token)))
  await stream.closed
  assert.deepEqual(stream.events().at(-1), { event: 'replaced', data: '{"message":"too many connections"}' })
  assert.deepEqual(await socket.closed, { code: 4408, reason: 'too many connections' })
  const { id } = await world.notifications.notify(1)
  for (const other of others) await eventually(() => assert.deepEqual(other.ids(), [id]))
  using someoneElse = await openStream(world.port, await world.token(2))
  assert.deepEqual(someoneElse.ids(), [])
})

test('a process that holds as many connections as it may takes no more, until one has gone', async () => {
  await using world = await startLiveGateway({ maxConnections: 1 })
  const stream = await openStream(world.port, await world.token(1))
  const token = await world.token(2)
  const answer = await world.client.get(STREAM, { token })
  assert.deepEqual([refusal(answer), answer.headers['retry-after']], [unavailable, '1'])
  using socket = await openSocket(world.port, token)
  assert.deepEqual(await socket.closed, { code: 1013, reason: 'service unavailable' })
  stream.close()
  using again = await openStream(world.port, token)
  assert.deepEqual(again.ids(), [])
})
