import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { request } from 'undici'
import { startThings } from './thing-service.ts'

const things = await startThings()
const { client } = things
after(() => things[Symbol.asyncDispose]())

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

test('a success is status, data, message and timestamp, in JSON, with the correlation id and no X-Powered-By', async () => {
  const { status, headers, body } = await client.post(
    '/things',
    { name: 'ada' },
    { headers: { 'X-Correlation-ID': 'mine' } },
  )
  assert.equal(status, 201)
  assert.deepEqual(Object.keys(body ?? {}), ['status', 'data', 'message', 'timestamp'])
  assert.deepEqual([body?.status, body?.message], [201, 'created'])
  assert.deepEqual(body?.data, { name: 'ada', correlation: 'mine' })
  assert.match(body?.timestamp ?? '', ISO)
  assert.equal(headers['content-type'], 'application/json; charset=utf-8')
  assert.deepEqual([headers['x-correlation-id'], headers['x-powered-by']], ['mine', undefined])
})

const STATUSES = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-many': 429,
  unavailable: 503,
}

for (const [kind, expected] of Object.entries(STATUSES)) {
  test(`a fault of kind ${kind} is ${expected} in the error envelope`, async () => {
    const { status, headers, body } = await client.get(`/fail/${kind}`)
    assert.deepEqual([status, body?.status], [expected, expected])
    assert.deepEqual([body?.message, body?.error], [`it is ${kind}`, `it is ${kind}`])
    const code = kind === 'unavailable' ? 'SERVICE_UNAVAILABLE' : `THING_${kind.toUpperCase().replace('-', '_')}`
    assert.equal(body?.code, code)
    assert.equal(body.correlation_id, headers['x-correlation-id'])
    assert.match(body.trace_id ?? '', /^[0-9a-f]{32}$/)
    assert.match(body.timestamp, ISO)
    assert.ok(!('details' in body) && !('data' in body))
  })
}

for (const how of ['plain', 'thrown']) {
  test(`an unexpected fault (${how}) is 500 with a fixed sentence and nothing of its own`, async () => {
    const { status, body, text } = await client.get(`/fail/${how}`)
    assert.deepEqual([status, body?.message, body?.code], [500, 'internal server error', 'INTERNAL_SERVER_ERROR'])
    assert.doesNotMatch(text, /secret|SELECT|stack/)
  })
}

test('a fault says when to come back, rounded up to seconds', async () => {
  assert.equal((await client.get('/fail/retry')).headers['retry-after'], '2')
})

test('details are shown, causes are not', async () => {
  const { body, text } = await client.get('/fail/details')
  assert.deepEqual(body?.details, [{ path: 'a.0', message: 'no' }])
  assert.doesNotMatch(text, /secret/)
})

test('a reply may change message, status and headers, or bring its data as JSON text', async () => {
  const changed = await client.get('/reply/message')
  assert.deepEqual([changed.status, changed.body?.message, changed.headers['x-thing']], [201, 'other', 'yes'])
  const given = await client.get('/reply/json')
  assert.deepEqual([given.body?.data, given.body?.message, given.headers['etag']], [{ b: 2 }, 'usual', 'W/"v7"'])
  const nothing = await client.get('/nothing-to-say')
  assert.deepEqual([nothing.status, Object.keys(nothing.body ?? {})], [200, ['status', 'timestamp']])
})

test('204 has no body, by operation and by reply', async () => {
  for (const answer of [await client.delete('/things/1'), await client.get('/reply/gone')]) {
    assert.deepEqual([answer.status, answer.text, answer.headers['content-type']], [204, '', undefined])
  }
})

test('one resource has a weak ETag that stays the same while it does', async () => {
  const [first, second, other] = [
    await client.get('/things/1'),
    await client.get('/things/1'),
    await client.get('/things/2'),
  ]
  assert.match(first.headers['etag'] ?? '', /^W\/"[\w-]+"$/)
  assert.equal(second.headers['etag'], first.headers['etag'])
  assert.notEqual(other.headers['etag'], first.headers['etag'])
})

test('If-None-Match gives 304 without a body for the current version: weak, strong, in a list, or *', async () => {
  const etag = (await client.get('/things/1')).headers['etag'] as string
  for (const given of [etag, etag.slice(2), `"other", ${etag}`, '*', ` ${etag} ,"x"`]) {
    const answer = await client.get('/things/1', { headers: { 'If-None-Match': given } })
    assert.deepEqual([answer.status, answer.text, answer.headers['etag']], [304, '', etag], given)
  }
  for (const given of ['"other"', 'W/"other"', '', etag.replaceAll('"', '')]) {
    assert.equal((await client.get('/things/1', { headers: { 'If-None-Match': given } })).status, 200, given)
  }
})

test('an operation without ETag has none', async () => {
  assert.equal((await client.get('/names/a')).headers['etag'], undefined)
})

const searchRaw = async (size: number, encoding?: string) => {
  const url = `${things.server.url}/api/v1/search?size=${size}`
  const { headers, body } = await request(url, { headers: encoding ? { 'accept-encoding': encoding } : {} })
  return { headers, bytes: Buffer.from(await body.arrayBuffer()) }
}

test('from 1 KiB on, an answer is compressed as the client takes it, and says what it varies by', async () => {
  for (const [encoding, decode] of [
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ] as const) {
    const { headers, bytes } = await searchRaw(5_000, encoding)
    assert.equal(headers['content-encoding'], encoding)
    assert.match(String(headers['vary']), /accept-encoding/i)
    assert.ok(bytes.length < 1_000)
    assert.equal(JSON.parse(decode(bytes).toString()).data.text.length, 5_000)
  }
})

test('below 1 KiB, or when the client takes none, an answer is not compressed but still varies', async () => {
  const answers = [await searchRaw(10, 'gzip, br'), await searchRaw(5_000, 'identity'), await searchRaw(5_000)]
  for (const { headers, bytes } of answers) {
    assert.equal(headers['content-encoding'], undefined)
    assert.match(String(headers['vary']), /accept-encoding/i)
    assert.equal(Number(headers['content-length']), bytes.length)
  }
})

test('an unknown route is 404 in the envelope, with nothing of the path', async () => {
  for (const path of ['/nothing', '//', '//internal/other', '//api/v2/things/1']) {
    const { status, body } = await client.get(path)
    assert.deepEqual([status, body?.message, body?.code], [404, 'not found', 'NOT_FOUND'], path)
  }
})

test('a wrong method is 405 with Allow, and OPTIONS says the same as 204', async () => {
  for (const [path, allow] of [
    ['/things/1', 'GET, DELETE, HEAD, OPTIONS'],
    ['/things', 'POST, PUT, OPTIONS'],
    ['/stuff', 'POST, PUT, OPTIONS'],
  ] as const) {
    const refused = await client.request('PATCH', path)
    assert.deepEqual(
      [refused.status, refused.body?.message, refused.headers['allow']],
      [405, 'method not allowed', allow],
    )
    const asked = await client.request('OPTIONS', path)
    assert.deepEqual([asked.status, asked.text, asked.headers['allow']], [204, '', allow])
  }
})

test('HEAD is a GET without the body', async () => {
  const got = await client.get('/things/1')
  const head = await client.request('HEAD', '/things/1')
  assert.deepEqual([head.status, head.text, head.headers['etag']], [200, '', got.headers['etag']])
  assert.equal(Number(head.headers['content-length']), Buffer.byteLength(got.text))
})

test('all paths and methods of an operation, and a trailing slash, mean the same', async () => {
  for (const path of ['/things', '/things/', '/stuff']) {
    assert.equal((await client.post(path, { name: 'ada' })).status, 201)
    assert.equal((await client.put(path, { name: 'ada' })).status, 201)
  }
})

test('the correlation id is the caller’s when valid, X-Request-ID stands in, and else it is new', async () => {
  const answered = async (headers: Record<string, string>) =>
    (await client.get('/things/1', { headers })).headers['x-correlation-id'] ?? ''
  assert.equal(await answered({ 'X-Correlation-ID': 'A.b_c-1' }), 'A.b_c-1')
  assert.equal(await answered({ 'X-Request-ID': 'mine' }), 'mine')
  assert.equal(await answered({ 'X-Correlation-ID': 'first', 'X-Request-ID': 'second' }), 'first')
  for (const invalid of ['a b', 'x'.repeat(129), 'ü', 'a/b']) {
    assert.match(await answered({ 'X-Correlation-ID': invalid }), /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  }
})

test('the trace id of an error is that of the traceparent that came in', async () => {
  const headers = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }
  assert.equal((await client.get('/fail/invalid', { headers })).body?.trace_id, '4bf92f3577b34da6a3ce929d0e0e4736')
})
