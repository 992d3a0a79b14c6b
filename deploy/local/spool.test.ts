import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { Server } from './components/server.ts'
import { startSpool } from './components/spool.ts'
import { freePorts } from './ports.ts'
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
