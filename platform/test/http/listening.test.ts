import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { createHealth } from '../../src/http/health.ts'
import { listen, listenManagement } from '../../src/http/listen.ts'
import { getLogLevel, setLogLevel } from '../../src/telemetry/log.ts'
import { startThings } from './thing-service.ts'

const ANYWHERE = { host: '127.0.0.1', port: 0 }

test('a port that is taken is one clear sentence with the address', async () => {
  await using first = await listen(() => {}, ANYWHERE)
  await assert.rejects(
    listen(() => {}, { host: '127.0.0.1', port: first.port }),
    {
      message: `127.0.0.1:${first.port} is taken by another process; free it or set another port`,
    },
  )
})

test('on disposal a request in flight is answered in full, and nobody else is let in', async () => {
  const arrived = Promise.withResolvers<void>()
  const hold = Promise.withResolvers<void>()
  const things = await startThings({
    hold: () => {
      arrived.resolve()
      return hold.promise
    },
  })
  const answer = things.client.get('/things/7')
  await arrived.promise
  const disposed = things.server[Symbol.asyncDispose]()
  await assert.rejects(fetch(`${things.server.url}/api/v1/things/8`))
  hold.resolve()
  assert.deepEqual((await answer).body?.data, { id: 7 })
  await disposed
  await things.client[Symbol.asyncDispose]()
})

test('a message has its Express prototype before Express has seen it, and is still known as what Node made', async () => {
  await using things = await startThings({})
  const seen: { fast: boolean; constructor: unknown }[] = []
  const { app } = things
  things.server.server.prependListener('request', (req, res) => {
    const fast = Object.getPrototypeOf(req) === app.request && Object.getPrototypeOf(res) === app.response
    seen.push({ fast, constructor: req.constructor })
  })
  assert.equal((await things.client.get('/things/7')).status, 200)
  assert.deepEqual(seen, [{ fast: true, constructor: IncomingMessage }])
})

const startManagement = async () => {
  let redisUp = true
  const health = createHealth({
    redis: {
      check: async () => (redisUp ? undefined : Promise.reject(new Error('redis://:hunter22@away'))),
      required: true,
    },
  })
  const server = await listenManagement(health, ANYWHERE)
  return { health, server, break: () => (redisUp = false), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

test('the management port tells health, readiness with each dependency, version and metrics', async () => {
  await using management = await startManagement()
  const get = (path: string) => fetch(management.server.url + path)
  assert.deepEqual(await (await get('/healthz')).json(), { status: 'ok' })
  assert.deepEqual(await (await get('/readyz')).json(), {
    ready: true,
    dependencies: { redis: { up: true, required: true } },
  })
  assert.deepEqual(Object.keys((await (await get('/version')).json()) as object), [
    'service',
    'version',
    'commit',
    'node',
  ])
  const metrics = await get('/metrics')
  assert.match(metrics.headers.get('content-type') ?? '', /^application\/openmetrics-text/)
  assert.match(await metrics.text(), /# EOF\n$/)
})

test('not ready is 503 and says which dependency is away, not why', async () => {
  await using management = await startManagement()
  management.break()
  const answer = await fetch(`${management.server.url}/readyz`)
  const text = await answer.text()
  assert.equal(answer.status, 503)
  assert.match(text, /"redis":\{"up":false/)
  assert.doesNotMatch(text, /hunter22/)
})

test('a process that is draining is not ready', async () => {
  await using management = await startManagement()
  management.health.drain()
  assert.equal((await fetch(`${management.server.url}/readyz`)).status, 503)
})

test('the log level can be read and changed; what is no level is refused without a stack trace', async (t) => {
  t.after(() => setLogLevel('info'))
  await using management = await startManagement()
  const put = (body: string) =>
    fetch(`${management.server.url}/loglevel`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body })
  assert.deepEqual(await (await put('{"level":"debug"}')).json(), { level: 'debug' })
  assert.equal(getLogLevel(), 'debug')
  assert.deepEqual(await (await fetch(`${management.server.url}/loglevel`)).json(), { level: 'debug' })
  for (const body of ['{"level":"loud"}', '{}', '', '{"level"']) {
    const refused = await put(body)
    const text = await refused.text()
    assert.equal(refused.status, 400, body)
    assert.doesNotMatch(text, /node_modules|at .*\.ts/, body)
  }
  assert.equal(getLogLevel(), 'debug')
})
