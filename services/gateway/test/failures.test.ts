import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { createApp } from '@pharos/platform/http/app'
import { listen } from '@pharos/platform/http/listen'
import { bind } from '@pharos/platform/http/router'
import { authApi } from '@pharos/platform/contracts/http/auth'
import { scrape } from '@pharos/platform/telemetry/metrics'
import { eventually } from '@pharos/platform/testing/eventually'
import { exchange, readAll, startGateway } from './start-gateway.ts'

const hangUp: RequestListener = (req) => void req.socket.destroy()
const ok: RequestListener = (_req, res) => void res.end('{"status":200}')

test('a service that is down is 503 in the envelope with Retry-After, at once', async () => {
  await using gateway = await startGateway()
  await gateway.peer[Symbol.asyncDispose]()
  const started = performance.now()
  const { status, headers, body } = await gateway.client.get('/users/5')
  assert.ok(performance.now() - started < 1_000)
  assert.deepEqual(
    [status, body?.message, body?.code, headers['retry-after']],
    [503, 'service unavailable', 'SERVICE_UNAVAILABLE', '1'],
  )
  assert.equal(body?.correlation_id, headers['x-correlation-id'])
})

test('a service that does not answer in time is 504, and is not asked again', async () => {
  await using gateway = await startGateway({ answer: () => {}, upstreamTimeoutMs: 150 })
  const { status, body } = await gateway.client.get('/users/5')
  assert.deepEqual([status, body?.message, body?.code], [504, 'upstream timeout', 'UPSTREAM_TIMEOUT'])
  assert.equal(gateway.peer.seen.length, 1)
})

const partial: Record<string, RequestListener> = {
  'with a declared length': (req, res) => {
    res.writeHead(200, { 'content-length': 1_000 }).write('half')
    setImmediate(() => req.socket.destroy())
  },
  'in chunks': (req, res) => {
    res.write('half')
    setImmediate(() => req.socket.destroy())
  },
}

const countOf = async (status: number, route = '/users/:id'): Promise<number> => {
  const labels = `[^}]*route="/api/v1${route}",status_code="${status}"`
  const sample = new RegExp(`^http_server_request_duration_seconds_count\\{${labels}\\} (\\d+)`, 'm')
  return Number(sample.exec((await scrape()).body)?.[1] ?? 0)
}

for (const [how, answer] of Object.entries(partial)) {
  test(`an answer that breaks off (${how}) breaks the client’s connection, and counts as the service’s fault`, async () => {
    await using gateway = await startGateway({ answer })
    const before = await countOf(503)
    const { req, answer: head } = exchange(gateway.port, '/users/5')
    req.end()
    await assert.rejects(readAll(await head), { code: 'ECONNRESET' })
    await eventually(async () => assert.equal(await countOf(503), before + 1))
  })
}

test('a client that goes away ends the request at the service, and is no fault of it', async () => {
  const gone = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  await using gateway = await startGateway({
    answer: (_req, res) => {
      res.once('close', gone.resolve)
      arrived.resolve()
    },
  })
  const [before, faultsBefore] = [await countOf(499), await countOf(503)]
  const { req } = exchange(gateway.port, '/users/5')
  req.once('error', () => {})
  req.end()
  await arrived.promise
  req.destroy()
  await gone.promise
  await eventually(async () => assert.equal(await countOf(499), before + 1))
  assert.equal(await countOf(503), faultsBefore)
})

test('a client that goes away in the middle of an answer ends it at the service', async () => {
  const gone = Promise.withResolvers<void>()
  await using gateway = await startGateway({
    answer: (_req, res) => {
      res.once('close', gone.resolve)
      res.write('half')
    },
  })
  const { req, answer } = exchange(gateway.port, '/users/5')
  req.end()
  const head = await answer
  await once(head, 'data')
  head.once('error', () => {})
  req.destroy()
  await gone.promise
})

/** Answers the first request, drops the connection on the second, and answers from then on. */
const dropSecond = (): RequestListener => {
  let count = 0
  return (req, res) => {
    count += 1
    if (count === 2) hangUp(req, res)
    else ok(req, res)
  }
}

test('a GET on a kept-alive connection that the service has dropped is sent once more', async () => {
  await using gateway = await startGateway({ answer: dropSecond() })
  for (let time = 0; time < 2; time += 1) assert.equal((await gateway.client.get('/users/5')).status, 200)
  assert.equal(gateway.peer.seen.length, 3)
})

test('a GET is sent at most twice', async () => {
  await using gateway = await startGateway({ answer: hangUp })
  assert.equal((await gateway.client.get('/users/5')).status, 503)
  assert.equal(gateway.peer.seen.length, 2)
})

test('a GET with a small body is sent once more with its body', async () => {
  const bodies: string[] = []
  const drop = dropSecond()
  await using gateway = await startGateway({
    answer: (req, res) => {
      void readAll(req).then((body) => {
        bodies.push(body.toString())
        drop(req, res)
      })
    },
  })
  await gateway.client.get('/users/5')
  assert.equal((await gateway.client.get('/users/5', { text: 'body' })).status, 200)
  assert.deepEqual(bodies, ['', 'body', 'body'])
})

test('a GET with a large body is sent once, for its body can’t be had again', async () => {
  await using gateway = await startGateway({ answer: dropSecond() })
  await gateway.client.get('/users/5')
  assert.equal((await gateway.client.get('/users/5', { text: 'x'.repeat(20_000) })).status, 503)
  assert.equal(gateway.peer.seen.length, 2)
})

for (const [method, path] of [
  ['POST', '/auth/login'],
  ['DELETE', '/users/5'],
  ['PUT', '/users/5'],
] as const) {
  test(`a ${method} is never sent twice`, async () => {
    await using gateway = await startGateway({ answer: dropSecond() })
    await gateway.client.get('/users/5')
    const { status } = await gateway.client.request(method, path, { token: await gateway.issuer.token(), body: {} })
    assert.equal(status, 503)
    assert.equal(gateway.peer.seen.length, 2)
  })
}

const circuit = async (): Promise<number> =>
  Number(/^circuit_breaker_state\{peer="users"\} (\d)/m.exec((await scrape()).body)?.[1])

test('after five failures in a row the service is left alone, and asked again later', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  await using gateway = await startGateway({ answer: hangUp })
  for (let failure = 0; failure < 5; failure += 1) await gateway.client.post('/auth/login', {})
  assert.equal(await circuit(), 2)
  for (const answer of [await gateway.client.get('/users/5'), await gateway.client.post('/auth/login', {})]) {
    assert.deepEqual([answer.status, answer.body?.message], [503, 'service unavailable'])
  }
  assert.equal(gateway.peer.seen.length, 5)
  gateway.peer.answer = ok
  t.mock.timers.tick(11_000)
  assert.equal((await gateway.client.get('/users/5')).status, 200)
  assert.equal(await circuit(), 0)
})

test('whatever a service answers, its circuit stays closed: it may still serve others', async () => {
  await using gateway = await startGateway({ answer: (_req, res) => void res.writeHead(503).end() })
  for (let time = 0; time < 8; time += 1) assert.equal((await gateway.client.get('/users/5')).status, 503)
  assert.deepEqual([gateway.peer.seen.length, await circuit()], [8, 0])
})

const beginUpload = (port: number, length: number): Socket => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(
    'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
      `Content-Length: ${length}\r\n\r\n{"login"`,
  )
  return socket
}

test('clients that break off their uploads can’t open the circuit', async () => {
  await using gateway = await startGateway({ answer: (req, res) => void req.resume().on('end', () => ok(req, res)) })
  const { seen } = gateway.peer
  for (let time = 1; time <= 8; time += 1) {
    const socket = beginUpload(gateway.port, 100_000)
    await eventually(() => assert.equal(seen.length, time))
    socket.destroy()
  }
  await eventually(() => assert.ok(seen.every(({ destroyed }) => destroyed)))
  assert.equal(await circuit(), 0)
  assert.equal((await gateway.client.get('/users/5')).status, 200)
})

test('a small upload that breaks off never reaches the service, and is no fault of anybody', async () => {
  await using gateway = await startGateway()
  const login = '/auth/login'
  const [before, faultsBefore] = [await countOf(499, login), await countOf(500, login)]
  const socket = beginUpload(gateway.port, 1_000)
  await eventually(async () => assert.match((await scrape()).body, /^http_server_active_requests 1$/m))
  socket.destroy()
  await eventually(async () => assert.equal(await countOf(499, login), before + 1))
  assert.deepEqual([await countOf(500, login), gateway.peer.seen.length], [faultsBefore, 0])
})

test('a body that is declared too large is refused before it is read', async () => {
  await using gateway = await startGateway()
  const { req, answer } = exchange(gateway.port, '/auth/login', {
    method: 'POST',
    headers: { 'content-length': 1_048_577 },
  })
  req.flushHeaders()
  const head = await answer
  assert.equal(head.statusCode, 413)
  assert.match((await readAll(head)).toString(), /"message":"payload too large"/)
  assert.equal(gateway.peer.seen.length, 0)
  req.destroy()
})

const nothing = async (): Promise<never> => assert.fail('a handler was reached')
const startAuth = () => {
  const handlers = {
    register: nothing,
    createUser: nothing,
    login: nothing,
    refresh: nothing,
    logout: nothing,
    updatePassword: nothing,
  }
  const app = createApp({ routes: bind(authApi, handlers), authenticator: { authenticate: nothing } })
  return listen(app, { host: '127.0.0.1', port: 0 })
}

test('a body without declared length that becomes too large is refused by the service, and the client hears it', async () => {
  await using service = await startAuth()
  await using gateway = await startGateway({ upstreamUrl: service.url })
  const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }
  for (let time = 0; time < 3; time += 1) {
    const { req, answer } = exchange(gateway.port, '/auth/login', { method: 'POST', headers })
    req.on('error', () => {})
    req.write('{"login":"')
    for (let sent = 0; sent < 30; sent += 1) req.write('x'.repeat(100_000))
    req.end()
    const head = await answer
    assert.equal(head.statusCode, 413)
    assert.match((await readAll(head)).toString(), /"message":"payload too large"/)
    req.destroy()
  }
  assert.equal((await gateway.client.post('/auth/login', { login: 5 })).body?.message, 'invalid input')
})

test('a refusal of the service reaches the client although it is still sending', async () => {
  await using gateway = await startGateway({
    answer: (_req, res) => void res.writeHead(409, { 'content-type': 'application/json' }).end('{"status":409}'),
  })
  const { req, answer } = exchange(gateway.port, '/auth/login', {
    method: 'POST',
    headers: { 'content-length': 500_000 },
  })
  req.on('error', () => {})
  req.write('x'.repeat(1_000))
  const head = await answer
  assert.equal(head.statusCode, 409)
  assert.equal((await readAll(head)).toString(), '{"status":409}')
  req.destroy()
})
