import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { test } from 'node:test'
import { z } from 'zod'
import { operation } from '../../src/contracts/http/define.ts'
import { pathId } from '../../src/contracts/http/fields.ts'
import { AppError, isAppError } from '../../src/errors.ts'
import { createServiceClient } from '../../src/http/client.ts'
import { publicCode, statusOf } from '../../src/http/envelope.ts'
import { createServiceTokens } from '../../src/http/service-token.ts'
import { Secret } from '../../src/runtime/config.ts'
import { runWork } from '../../src/telemetry/context.ts'
import { SpanShape } from '../../src/telemetry/span-shape.ts'
import { scrape } from '../../src/telemetry/metrics.ts'
import { answerJson, startFakePeer } from './fake-peer.ts'
import type { FakePeer } from './fake-peer.ts'

const common = {
  service: 'users',
  tag: 'internal',
  summary: 'x',
  limit: 'read',
  refusals: [],
  auth: 'service',
} as const
const getThing = operation({
  ...common,
  id: 'getThing',
  methods: ['get'],
  paths: ['/internal/things/:id'],
  params: z.object({ id: pathId }),
  success: { status: 200, data: z.object({ name: z.string() }) },
})
const createThing = operation({
  ...common,
  id: 'createThing',
  methods: ['post'],
  paths: ['/internal/things'],
  body: z.object({ name: z.string() }),
  success: { status: 201, data: z.object({ id: z.int() }) },
})
const dropThing = operation({
  ...common,
  id: 'dropThing',
  methods: ['delete'],
  paths: ['/internal/things/:id'],
  success: { status: 204 },
})

const secret = new Secret('a secret between services, long enough')
const tokens = createServiceTokens({ secret, service: 'auth' })
let peers = 0

const connect = (peer: Pick<FakePeer, 'url'>, timeoutMs?: number) => {
  peers += 1
  const name = `peer${peers}`
  const client = createServiceClient({ peer: name, to: peer.url, tokens, ...(timeoutMs && { timeoutMs }) })
  return Object.assign(client, { peerName: name })
}

const ada = answerJson(200, { status: 200, data: { name: 'ada' } })
const hangUp: RequestListener = (req) => void req.socket.destroy()
const UNAVAILABLE = { kind: 'unavailable', message: 'service unavailable' }

test('a call brings back checked data, and sends who calls, the correlation id and the trace along', async () => {
  await using peer = await startFakePeer(ada)
  await using client = connect(peer)
  const origin = { correlationId: 'mine', traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }
  const data = await runWork({ shape: new SpanShape('work', 'server'), origin }, () =>
    client.call(getThing, { params: { id: 5 } }),
  )
  assert.deepEqual(data, { name: 'ada' })
  const [{ headers, url } = assert.fail()] = peer.seen
  assert.equal(url, '/internal/things/5')
  assert.equal(headers['x-correlation-id'], 'mine')
  assert.match(String(headers['traceparent']), /^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/)
  const { caller } = await createServiceTokens({ secret, service: client.peerName }).verify(
    String(headers.authorization).slice(7),
  )
  assert.equal(caller, 'auth')
})

test('parameters and queries are encoded, a body and an idempotency key are sent', async () => {
  await using peer = await startFakePeer((req, res) => {
    let body = ''
    req.on('data', (chunk) => (body += chunk)).on('end', () => answerJson(201, { data: { id: body.length } })(req, res))
  })
  await using client = connect(peer)
  const parts = { body: { name: 'ada' }, query: { q: 'a&b' }, idempotencyKey: 'once' }
  assert.deepEqual(await client.call(createThing, parts), { id: 14 })
  assert.equal(peer.seen[0]?.url, '/internal/things?q=a%26b')
  assert.deepEqual(
    [peer.seen[0]?.headers['idempotency-key'], peer.seen[0]?.headers['content-type']],
    ['once', 'application/json'],
  )
  peer.answer = ada
  await client.call(getThing, { params: { id: 'a/../b' } })
  assert.equal(peer.seen[1]?.url, '/internal/things/a%2F..%2Fb')
})

test('an answer without data is undefined', async () => {
  await using peer = await startFakePeer((_req, res) => void res.writeHead(204).end())
  await using client = connect(peer)
  assert.equal(await client.call(dropThing, { params: { id: 1 } }), undefined)
})

for (const status of [400, 403, 404, 409, 415, 422, 429]) {
  test(`a peer’s refusal ${status} is passed on with status, code and text, and does not count against it`, async () => {
    const [code, message] =
      status === 422 ? ['IDEMPOTENCY_KEY_REUSED', 'idempotency key reused'] : ['USER_ODD', 'user is odd']
    await using peer = await startFakePeer(answerJson(status, { status, code, message, error: message }))
    await using client = connect(peer)
    for (let time = 0; time < 7; time += 1) {
      const error = await client.call(getThing, { params: { id: 1 } }).catch((thrown: unknown) => thrown)
      assert.ok(isAppError(error))
      assert.deepEqual([publicCode(error.code), error.message], [code, message])
      if (status !== 415) assert.equal(statusOf(error), status)
      else assert.equal(error.kind, 'invalid')
    }
    assert.equal(peer.seen.length, 7)
  })
}

const broken: Record<string, RequestListener> = {
  'a 401, which is about this service and not about its caller,': answerJson(401, { code: 'UNAUTHENTICATED' }),
  'a 500': answerJson(500, { message: 'SELECT secret' }),
  'a 503': answerJson(503, { message: 'service unavailable', code: 'OVERLOADED' }),
  'a page of HTML': (_req, res) => void res.end('<html>'),
  'a 404 that is no envelope': (_req, res) => void res.writeHead(404).end('not here'),
  'data of another shape': answerJson(200, { data: { name: 5 } }),
  'a connection that breaks': hangUp,
}

for (const [what, answer] of Object.entries(broken)) {
  test(`${what} is unavailable, and nothing of it is shown`, async () => {
    await using peer = await startFakePeer(answer)
    await using client = connect(peer)
    const error = await client.call(createThing, { body: { name: 'x' } }).catch((thrown: unknown) => thrown)
    assert.ok(error instanceof AppError)
    assert.deepEqual(
      [error.kind, error.message, error.code],
      ['unavailable', 'service unavailable', `${client.peerName}.unavailable`],
    )
    assert.equal(peer.seen.length, 1)
  })
}

test('a 401 to a token that was passed on is an answer about its bearer, and opens no circuit', async () => {
  await using peer = await startFakePeer(answerJson(401, { code: 'TOKEN_EXPIRED', message: 'token expired' }))
  await using client = connect(peer)
  for (let time = 0; time < 7; time += 1) {
    const error = await client.call(getThing, { params: { id: 1 }, bearer: 'x' }).catch((thrown: unknown) => thrown)
    assert.ok(isAppError(error))
    assert.deepEqual([error.kind, error.code, error.message], ['unauthenticated', 'token-expired', 'token expired'])
  }
  assert.deepEqual([peer.seen.length, peer.seen[0]?.headers.authorization], [7, 'Bearer x'])
})

test('a peer that nobody started is unavailable at once', async () => {
  const peer = await startFakePeer()
  await peer[Symbol.asyncDispose]()
  await using client = connect(peer)
  const started = performance.now()
  await assert.rejects(client.call(getThing, { params: { id: 1 } }), UNAVAILABLE)
  assert.ok(performance.now() - started < 1_000)
})

test('a peer that does not answer in time is unavailable, without a second try', async () => {
  await using peer = await startFakePeer(() => {})
  await using client = connect(peer, 100)
  const started = performance.now()
  await assert.rejects(client.call(getThing, { params: { id: 1 } }), UNAVAILABLE)
  assert.ok(performance.now() - started < 1_500)
  assert.equal(peer.seen.length, 1)
  assert.ok(!(await scrape()).body.includes(`retry_attempts_total{peer="${client.peerName}"}`))
})

const failOnce = (then: RequestListener): RequestListener => {
  let failed = false
  return (req, res) => {
    if (failed) return then(req, res)
    failed = true
    hangUp(req, res)
  }
}

test('what may run twice is tried twice: a read, and a write with an idempotency key', async () => {
  await using peer = await startFakePeer(failOnce(ada))
  await using client = connect(peer)
  assert.deepEqual(await client.call(getThing, { params: { id: 1 } }), { name: 'ada' })
  peer.answer = failOnce(answerJson(201, { data: { id: 1 } }))
  assert.deepEqual(await client.call(createThing, { body: { name: 'x' }, idempotencyKey: 'k' }), { id: 1 })
  assert.deepEqual(
    peer.seen.map(({ method }) => method),
    ['GET', 'GET', 'POST', 'POST'],
  )
})

test('a write without idempotency key is never tried twice', async () => {
  await using peer = await startFakePeer(failOnce(answerJson(201, { data: { id: 1 } })))
  await using client = connect(peer)
  await assert.rejects(client.call(createThing, { body: { name: 'x' } }), UNAVAILABLE)
  assert.equal(peer.seen.length, 1)
})

test('retries have a budget: a peer that fails every first try is soon tried once only', async () => {
  const known = new Set<string>()
  await using peer = await startFakePeer((req, res) => {
    if (known.has(req.url ?? '')) return ada(req, res)
    known.add(req.url ?? '')
    hangUp(req, res)
  })
  await using client = connect(peer)
  let answered = 0
  while (answered < 50) {
    const failed = await client.call(getThing, { params: { id: answered + 1 } }).catch(() => 'failed')
    if (failed === 'failed') break
    answered += 1
  }
  assert.ok(answered >= 10 && answered <= 15, `${answered} calls were saved by a retry`)
})

const circuitOf = async (peerName: string): Promise<number> =>
  Number(new RegExp(`^circuit_breaker_state\\{peer="${peerName}"\\} (\\d)`, 'm').exec((await scrape()).body)?.[1])

test('after five failures in a row the peer is left alone, then asked once, and trusted again when it answers', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  await using peer = await startFakePeer(hangUp)
  await using client = connect(peer)
  const post = () => client.call(createThing, { body: { name: 'x' } })
  for (let failure = 0; failure < 5; failure += 1) await assert.rejects(post(), UNAVAILABLE)
  assert.equal(await circuitOf(client.peerName), 2)
  await assert.rejects(post(), UNAVAILABLE)
  await assert.rejects(client.call(getThing, { params: { id: 1 } }), UNAVAILABLE)
  assert.equal(peer.seen.length, 5)

  t.mock.timers.tick(11_000)
  await assert.rejects(post(), UNAVAILABLE)
  assert.equal(peer.seen.length, 6)
  await assert.rejects(post(), UNAVAILABLE)
  assert.equal(peer.seen.length, 6)

  t.mock.timers.tick(11_000)
  peer.answer = answerJson(201, { data: { id: 1 } })
  for (let time = 0; time < 3; time += 1) assert.deepEqual(await post(), { id: 1 })
  assert.equal(await circuitOf(client.peerName), 0)
})

test('an open circuit spends nothing of the retry budget', async () => {
  await using peer = await startFakePeer(hangUp)
  await using client = connect(peer)
  for (let time = 0; time < 20; time += 1)
    await assert.rejects(client.call(getThing, { params: { id: 1 } }), UNAVAILABLE)
  const retried = new RegExp(`^retry_attempts_total\\{peer="${client.peerName}"\\} (\\d+)`, 'm').exec(
    (await scrape()).body,
  )
  assert.ok(Number(retried?.[1]) <= 3, `${retried?.[1]} retries`)
})
