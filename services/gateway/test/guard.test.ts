import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { createRateLimiter } from '@pharos/platform/http/rate-limit'
import type { LimitPolicy } from '@pharos/platform/http/rate-limit'
import { startGateway } from './start-gateway.ts'

const away = { take: () => Promise.reject(new Error('redis is away')) }
const policy = (limit: number): LimitPolicy => ({ limit, windowSeconds: 60, strict: false })
const limiterOf = (limits: Partial<Record<string, number>> = {}) => {
  const { read = 100, write = 100, credentials = 100, send = 100 } = limits
  const policies = { read: policy(read), write: policy(write), credentials: policy(credentials), send: policy(send) }
  return createRateLimiter({ policies, shared: away })
}

test('a route for users is refused without a valid token, and the service never hears of it', async () => {
  await using gateway = await startGateway()
  for (const [headers, message] of [
    [{}, 'unauthenticated'],
    [{ authorization: 'bearer x' }, 'invalid token'],
    [{ authorization: `Bearer ${await gateway.issuer.token({ expiresInSeconds: -60 })}` }, 'token expired'],
  ] as const) {
    const { status, body } = await gateway.client.put('/users/avatar', {}, { headers })
    assert.deepEqual([status, body?.message], [401, message])
  }
  assert.equal(gateway.peer.seen.length, 0)
  assert.equal((await gateway.client.put('/users/avatar', {}, { token: await gateway.issuer.token() })).status, 200)
})

test('a refusal comes before the body is read', async () => {
  await using gateway = await startGateway()
  const socket = connect(gateway.port, '127.0.0.1')
  socket.write(
    'PUT /api/v1/users/avatar HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n',
  )
  const [answer] = (await once(socket, 'data')) as [Buffer]
  assert.match(answer.toString(), /^HTTP\/1\.1 401 [^]*"message":"unauthenticated"/)
  socket.destroy()
})

test('where a token is optional, a broken one does not hinder', async () => {
  await using gateway = await startGateway()
  assert.equal((await gateway.client.get('/users/5', { headers: { authorization: 'Bearer nonsense' } })).status, 200)
  assert.equal(gateway.peer.seen[0]?.headers.authorization, 'Bearer nonsense')
})

test('beyond the limit a caller is told to wait, and the service never hears of it', async () => {
  using limiter = limiterOf({ read: 2 })
  await using gateway = await startGateway({ limiter })
  const remaining = []
  for (let time = 0; time < 2; time += 1)
    remaining.push((await gateway.client.get('/users/5')).headers['ratelimit-remaining'])
  assert.deepEqual(remaining, ['1', '0'])
  const { status, headers, body } = await gateway.client.get('/users/5')
  assert.deepEqual([status, body?.message, body?.code], [429, 'too many requests', 'RATE_LIMITED'])
  assert.deepEqual(
    [headers['ratelimit-limit'], headers['ratelimit-remaining'], headers['retry-after']],
    ['2', '0', '30'],
  )
  assert.equal(gateway.peer.seen.length, 2)
})

test('the limit comes before authentication: a flood of bad tokens is told to wait', async () => {
  using limiter = limiterOf({ write: 2 })
  await using gateway = await startGateway({ limiter })
  const statuses = []
  for (let time = 0; time < 4; time += 1)
    statuses.push((await gateway.client.put('/users/avatar', {}, { token: 'x.y.z' })).status)
  assert.deepEqual(statuses, [401, 401, 429, 429])
})

test('users who are signed in are limited each for themselves, credentials always by address', async () => {
  using limiter = limiterOf({ write: 1, credentials: 1 })
  await using gateway = await startGateway({ limiter })
  const [ada, bob] = [
    await gateway.issuer.token({ claims: { sub: '1' } }),
    await gateway.issuer.token({ claims: { sub: '2' } }),
  ]
  const avatar = async (token: string) => (await gateway.client.put('/users/avatar', {}, { token })).status
  assert.deepEqual([await avatar(ada), await avatar(bob), await avatar(ada)], [200, 200, 429])
  const password = async (token: string) => (await gateway.client.put('/auth/update-password', {}, { token })).status
  assert.deepEqual([await password(ada), await password(bob)], [200, 429])
})

test('claiming another address does not help against limits', async () => {
  using limiter = limiterOf({ read: 2 })
  await using gateway = await startGateway({ limiter })
  const from = async (address: string) =>
    (await gateway.client.get('/users/5', { headers: { 'x-forwarded-for': address } })).status
  assert.deepEqual([await from('1.1.1.1'), await from('2.2.2.2'), await from('3.3.3.3')], [200, 200, 429])
})

test('internal routes of services are not there, whatever the spelling', async () => {
  await using gateway = await startGateway()
  const paths = [
    '//internal/users/1',
    '//internal/users',
    '/internal/users/1',
    '//INTERNAL/users/1',
    '//api/v1//internal/users/1',
  ]
  for (const path of [
    ...paths,
    '//api/v1/../../internal/users/1',
    '//api/v1/users/../../internal/users',
    '//%69nternal/users/1',
  ]) {
    const { status, body } = await gateway.client.get(path)
    assert.deepEqual([status, body?.message], [404, 'not found'], path)
  }
  assert.equal(gateway.peer.seen.length, 0)
})

test('an unknown route is 404 and a wrong method 405 with Allow, both in the envelope', async () => {
  await using gateway = await startGateway()
  assert.equal((await gateway.client.get('/nothing')).body?.code, 'NOT_FOUND')
  const { status, headers, body } = await gateway.client.request('PATCH', '/users/5')
  assert.deepEqual(
    [status, body?.message, headers['allow']],
    [405, 'method not allowed', 'GET, PUT, DELETE, HEAD, OPTIONS'],
  )
  assert.equal(gateway.peer.seen.length, 0)
})

test('every answer carries security headers and none says what it runs on', async () => {
  await using gateway = await startGateway()
  for (const { headers } of [
    await gateway.client.get('/users/5'),
    await gateway.client.get('/nothing'),
    await gateway.client.get('/auth/login'),
  ]) {
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.match(headers['content-security-policy'] ?? '', /default-src 'none'/)
    assert.match(headers['strict-transport-security'] ?? '', /max-age/)
    assert.equal(headers['x-powered-by'], undefined)
  }
})

test('browsers may call from nowhere unless told', async () => {
  await using gateway = await startGateway()
  const { headers } = await gateway.client.get('/users/5', { headers: { origin: 'https://app.example' } })
  assert.equal(headers['access-control-allow-origin'], undefined)
})

test('browsers may call from listed origins, read our headers, and caches keep the origins apart', async () => {
  await using gateway = await startGateway({
    corsOrigins: ['https://app.example', 'https://b.example'],
    answer: (_req, res) => void res.writeHead(200, { vary: 'Accept-Encoding' }).end('{}'),
  })
  const from = async (origin: string) => (await gateway.client.get('/users/5', { headers: { origin } })).headers
  const listed = await from('https://app.example')
  assert.equal(listed['access-control-allow-origin'], 'https://app.example')
  assert.match(listed['access-control-expose-headers'] ?? '', /X-Correlation-ID/)
  assert.match(listed['vary'] ?? '', /Origin/)
  assert.match(listed['vary'] ?? '', /Accept-Encoding/)
  assert.equal((await from('https://evil.example'))['access-control-allow-origin'], undefined)
})

test('a preflight is answered by the gateway, and only a listed origin is allowed', async () => {
  await using gateway = await startGateway({ corsOrigins: ['https://app.example'] })
  const preflight = (origin: string) =>
    gateway.client.request('OPTIONS', '/users/5', {
      headers: { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' },
    })
  const { status, headers } = await preflight('https://app.example')
  assert.deepEqual(
    [status, headers['access-control-allow-origin'], headers['access-control-allow-headers']],
    [204, 'https://app.example', 'authorization'],
  )
  assert.match(headers['access-control-allow-methods'] ?? '', /PUT/)
  assert.equal((await preflight('https://evil.example')).headers['access-control-allow-origin'], undefined)
  assert.equal(gateway.peer.seen.length, 0)
})

test('any origin must be said as *', async () => {
  await using gateway = await startGateway({ corsOrigins: ['*'] })
  const { headers } = await gateway.client.get('/users/5', { headers: { origin: 'https://any.example' } })
  assert.equal(headers['access-control-allow-origin'], '*')
})

test('health, readiness and version are public, metrics and the log level are not', async () => {
  await using gateway = await startGateway()
  for (const path of ['//healthz', '//readyz', '//version'])
    assert.equal((await gateway.client.get(path)).status, 200, path)
  for (const path of ['//metrics', '//loglevel']) assert.equal((await gateway.client.get(path)).status, 404, path)
})
