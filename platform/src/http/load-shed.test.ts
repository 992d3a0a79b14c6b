import assert from 'node:assert/strict'
import { test } from 'node:test'
import express from 'express'
import { scrape } from '../telemetry/metrics.ts'
import { eventually } from '../testing/eventually.ts'
import { closeApp } from './app.ts'
import { listen } from './listen.ts'
import { shedLoad } from './load-shed.ts'
import { detachRequest, requestScope, requestsInFlight } from './scope.ts'

const start = async (maxInFlight: number) => {
  const held = Promise.withResolvers<void>()
  const app = express().use(requestScope, shedLoad({ maxInFlight }))
  app.get('/held', async (_req, res) => {
    await held.promise
    res.end('done')
  })
  app.get('/busy', (_req, res) => {
    const until = performance.now() + 3_000
    while (performance.now() < until);
    res.end()
  })
  app.get('/stream', (req, res) => {
    res.write('open')
    detachRequest(req, res)
    void held.promise.then(() => res.end())
  })
  app.get('/quick', (_req, res) => void res.end('quick'))
  return { release: held.resolve, server: await listen(closeApp(app), { host: '127.0.0.1', port: 0 }) }
}

test('beyond the limit of requests at once, more are refused with 503 and Retry-After, until others have ended', async () => {
  const { release, server } = await start(2)
  await using _server = server
  const held = [fetch(`${server.url}/held`), fetch(`${server.url}/held`)]
  await eventually(() => assert.equal(requestsInFlight(), 2))
  const refused = await fetch(`${server.url}/quick`)
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1'])
  assert.equal(((await refused.json()) as { message: string }).message, 'service unavailable')
  assert.match((await scrape()).body, /^load_shed_total\{reason="in-flight"\} 1$/m)
  release()
  for (const answer of await Promise.all(held)) assert.equal(await answer.text(), 'done')
  await eventually(() => assert.equal(requestsInFlight(), 0))
  assert.equal(await (await fetch(`${server.url}/quick`)).text(), 'quick')
})

test('while the event loop runs late, requests are refused, and taken again when it has recovered', async () => {
  const { server } = await start(100)
  await using _server = server
  await (await fetch(`${server.url}/busy`)).text()
  const status = async (): Promise<number> => (await fetch(`${server.url}/quick`)).status
  await eventually(async () => assert.equal(await status(), 503), { intervalMs: 5 })
  await eventually(async () => assert.equal(await status(), 200))
  assert.match((await scrape()).body, /^load_shed_total\{reason="event-loop"\} \d+$/m)
})

test('requests in flight are counted down when a client goes away', async () => {
  const { release, server } = await start(100)
  await using _server = server
  const gone = new AbortController()
  const answer = fetch(`${server.url}/held`, { signal: gone.signal }).catch(() => 'gone')
  await eventually(() => assert.equal(requestsInFlight(), 1))
  gone.abort()
  assert.equal(await answer, 'gone')
  await eventually(() => assert.equal(requestsInFlight(), 0))
  release()
})

test('an answer that goes on after it was detached is no request in flight, and is told of once', async () => {
  const { release, server } = await start(1)
  await using _server = server
  const count = async () =>
    Number(
      /^http_server_request_duration_seconds_count\{.*status_code="200"\} (\d+)/m.exec((await scrape()).body)?.[1] ?? 0,
    )
  const before = await count()
  const streams = await Promise.all([fetch(`${server.url}/stream`), fetch(`${server.url}/stream`)])
  assert.deepEqual([requestsInFlight(), await count()], [0, before + 2])
  release()
  for (const stream of streams) assert.equal(await stream.text(), 'open')
  await eventually(async () => assert.deepEqual([requestsInFlight(), await count()], [0, before + 2]))
})
