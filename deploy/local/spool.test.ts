import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { Server } from './components/server.ts'
import { startSpool } from './components/spool.ts'
import { freePort, freePorts } from './ports.ts'
import { envelopeTarget } from './spool-forward.ts'
import { parseEnvelope } from './spool.ts'
import { temporaryHome, type TemporaryHome } from './temporary-home.ts'

let home: TemporaryHome
let spool: Server
let tracesUrl = ''
before(async () => {
  home = await temporaryHome()
  const [tracesPort = 0, errorsPort = 0] = await freePorts(2)
  tracesUrl = `http://127.0.0.1:${tracesPort}/v1/traces`
  spool = await startSpool({ folder: home.path, tracesPort, errorsPort, logFile: join(home.path, 'spool.log') })
})
after(async () => {
  await spool.stop()
  await home[Symbol.asyncDispose]()
})

const lines = async (name: string, count: number): Promise<unknown[]> => {
  for (const deadline = performance.now() + 5000; ;) {
    const text = await readFile(join(home.path, name), 'utf8').catch(() => '')
    const found = text.split('\n').filter((line) => line !== '')
    if (found.length >= count) return found.map((line) => JSON.parse(line) as unknown)
    assert.ok(performance.now() < deadline, `only ${found.length} lines in ${name}`)
    await delay(10)
  }
}

const post = async (url: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) => {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })
  return { status: response.status, body: await response.text() }
}

test('each body of traces becomes one line of JSON, packed or not, spread over lines or not', async () => {
  const plain = JSON.stringify({ resourceSpans: [{ n: 1 }] }, null, 2)
  const packed = new Uint8Array(gzipSync(JSON.stringify({ resourceSpans: [{ text: 'a\nb' }] })))
  assert.deepEqual(await post(tracesUrl, plain), { status: 200, body: '{}' })
  assert.deepEqual(await post(tracesUrl, packed, { 'content-encoding': 'gzip' }), { status: 200, body: '{}' })
  const kept = await lines('traces.jsonl', 2)
  assert.deepEqual(kept, [{ resourceSpans: [{ n: 1 }] }, { resourceSpans: [{ text: 'a\nb' }] }])
})

test('what is no trace does not trouble the sender and is not kept', async () => {
  assert.equal((await post(tracesUrl, 'not json')).status, 200)
  assert.equal((await post(tracesUrl, 'no gzip', { 'content-encoding': 'gzip' })).status, 200)
  assert.equal((await post(tracesUrl, ' '.repeat(9 * 1024 * 1024))).status, 200)
  assert.equal((await post(tracesUrl, 'x', { 'content-type': 'application/x-protobuf' })).status, 415)
  assert.match(await readFile(join(home.path, 'spool.log'), 'utf8'), /dropped 1 bodies/)
})

test('an envelope of the Sentry protocol becomes one line with its items', async () => {
  const envelope = ['{"event_id":"1"}', '{"type":"event"}', '{"message":"boom"}', ''].join('\n')
  const packed = new Uint8Array(gzipSync(envelope))
  assert.deepEqual(await post(`${spool.url}/api/1/envelope/`, packed, { 'content-encoding': 'gzip' }), {
    status: 200,
    body: '{}',
  })
  const [line] = (await lines('errors.jsonl', 1)) as { project: string; received_at: string; items: unknown }[]
  assert.equal(line?.project, '1')
  assert.ok(Date.parse(line?.received_at ?? '') > 0)
  assert.deepEqual(line?.items, [{ header: { type: 'event' }, payload: { message: 'boom' } }])
})

test('an item with a length may hold line breaks', () => {
  const body = Buffer.from('{}\n{"type":"attachment","length":3}\na\nb\n{"type":"event"}\n{"n":1}')
  assert.deepEqual(parseEnvelope(body).items, [
    { header: { type: 'attachment', length: 3 }, payload: 'a\nb' },
    { header: { type: 'event' }, payload: { n: 1 } },
  ])
})

type Received = { url: string | undefined; headers: IncomingHttpHeaders; body: string }

/** An error tracker that keeps what it was sent and answers as it is told; `hang` does not answer. */
const startTracker = async (port: number, answer: (count: number) => number | 'hang' = () => 200) => {
  const received: Received[] = []
  const server = createServer((req, res) => {
    void readText(req).then((body) => {
      received.push({ url: req.url, headers: req.headers, body })
      const status = answer(received.length)
      if (status !== 'hang') res.writeHead(status).end()
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    received,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** A spool with an error tracker behind it, in a folder of its own. */
const startForwarding = async (trackerPort: number) => {
  await using started = new AsyncDisposableStack()
  const own = started.use(await temporaryHome())
  const place = { folder: own.path, errorsPort: await freePort(), logFile: join(own.path, 'spool.log') }
  const server = started.use(await startSpool({ ...place, forwardDsn: `http://key@127.0.0.1:${trackerPort}/7` }))
  const kept = started.move()
  return {
    send: (name: string) => post(`${server.url}/api/1/envelope/`, `{"event_id":"${name}"}\n{"type":"event"}\n{}\n`),
    url: server.url,
    log: () => readFile(place.logFile, 'utf8'),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

const until = async (what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> => {
  for (const deadline = performance.now() + 10_000; !(await isTrue());) {
    assert.ok(performance.now() < deadline, `in vain: ${what}`)
    await delay(20)
  }
}

const idsOf = (received: readonly Received[]): string[] =>
  received.map(({ body }) => (JSON.parse(body.split('\n')[0] ?? '') as { event_id: string }).event_id)

test('an error is sent on to the error tracker, unpacked, under its own key and project', async () => {
  const port = await freePort()
  await using tracker = await startTracker(port)
  await using spooling = await startForwarding(port)
  const envelope = '{"event_id":"1"}\n{"type":"event"}\n{}\n'
  await post(`${spooling.url}/api/1/envelope/`, new Uint8Array(gzipSync(envelope)), { 'content-encoding': 'gzip' })
  await until('the tracker has it', () => tracker.received.length === 1)
  const [{ url, headers, body } = { url: '', headers: {}, body: '' }] = tracker.received
  assert.deepEqual([url, body], ['/api/7/envelope/', envelope])
  assert.match(String(headers['x-sentry-auth']), /^Sentry sentry_version=7, .*sentry_key=key$/)
})

test('errors wait for an error tracker that is away, in order, and their senders do not', async () => {
  const port = await freePort()
  await using spooling = await startForwarding(port)
  for (const name of ['1', '2', '3']) assert.equal((await spooling.send(name)).status, 200)
  await using tracker = await startTracker(port)
  await until('the tracker has them', () => tracker.received.length === 3)
  assert.deepEqual(idsOf(tracker.received), ['1', '2', '3'])
})

test('what an error tracker refuses is dropped, said and does not hold up the rest', async () => {
  const port = await freePort()
  await using tracker = await startTracker(port, (count) => (count === 1 ? 403 : 200))
  await using spooling = await startForwarding(port)
  await spooling.send('1')
  await spooling.send('2')
  await until('the tracker was asked twice', () => tracker.received.length === 2)
  assert.match(await spooling.log(), /dropped 1 bodies so far; the last one: the error tracker answers 403/)
})

test('an error that a tracker fails on is given up after three times, and the next one gets there', async () => {
  const port = await freePort()
  await using tracker = await startTracker(port, (count) => (count <= 3 ? 500 : 200))
  await using spooling = await startForwarding(port)
  await spooling.send('1')
  await spooling.send('2')
  await until('the tracker was asked four times', () => tracker.received.length === 4)
  assert.deepEqual(idsOf(tracker.received), ['1', '1', '1', '2'])
  assert.match(await spooling.log(), /dropped 1 bodies so far; the last one: the error tracker answers 500/)
})

test('an error tracker that does not answer costs no sender time, and what is too much to keep is dropped and said', async () => {
  const port = await freePort()
  await using tracker = await startTracker(port, () => 'hang')
  await using spooling = await startForwarding(port)
  const large = `{"event_id":"1"}\n{"type":"event"}\n{"message":"${'x'.repeat(6_000_000)}"}\n`
  const begun = performance.now()
  for (let i = 0; i < 3; i += 1) assert.equal((await post(`${spooling.url}/api/1/envelope/`, large)).status, 200)
  assert.ok(performance.now() - begun < 5000)
  await until('it was said', async () => /dropped 1 bodies.*away or too slow/.test(await spooling.log()))
  assert.equal(tracker.received.length, 1)
})

test('a DSN may have a path before its project', () => {
  assert.equal(
    envelopeTarget('https://key@errors.example/sub/path/42').url,
    'https://errors.example/sub/path/api/42/envelope/',
  )
})
