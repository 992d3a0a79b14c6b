import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { request } from 'undici'
import { startThings } from './thing-service.ts'

const things = await startThings()
const { client } = things
after(() => things[Symbol.asyncDispose]())

const refusal = async (answer: ReturnType<typeof client.get>) => {
  const { status, body } = await answer
  return [status, body?.message]
}
const INVALID_INPUT = [400, 'invalid input']
const VALIDATION_FAILED = [400, 'validation failed']
const create = (body: unknown) => refusal(client.post('/things', body))

test('a wrong JSON type is invalid input', async () => {
  for (const body of [
    { name: 5 },
    { name: ['a'] },
    { name: {} },
    { name: true },
    { name: 'a', owner: '5' },
    { name: 'a', owner: 1.5 },
    { name: 'a', owner: 2 ** 53 },
  ]) {
    assert.deepEqual(await create(body), INVALID_INPUT, JSON.stringify(body))
  }
})

test('a body that is no object is invalid input', async () => {
  for (const text of ['[]', '"text"', '5', 'null', 'true']) {
    assert.deepEqual(await refusal(client.post('/things', undefined, { text })), INVALID_INPUT, text)
  }
})

test('a broken rule, a missing field and a null one are validation failed, with the path of each', async () => {
  for (const body of [
    {},
    { name: null },
    { name: '' },
    { name: 'abcdef' },
    { name: 'a\0b' },
    { name: 'a', owner: 0 },
  ]) {
    assert.deepEqual(await create(body), VALIDATION_FAILED, JSON.stringify(body))
  }
  const { body } = await client.post('/things', { name: 'abcdef', owner: -1, note: 'a\0' })
  assert.deepEqual(body?.details?.map(({ path }) => path).toSorted(), ['name', 'note', 'owner'])
})

test('a wrong type weighs more than a broken rule beside it', async () => {
  assert.deepEqual(await create({ name: 'abcdef', owner: 'x' }), INVALID_INPUT)
})

test('an operation may name its own refusal of broken rules', async () => {
  assert.deepEqual(await refusal(client.get('/search')), [400, 'invalid search query'])
  assert.deepEqual(await refusal(client.get('/search?size=x')), [400, 'invalid search query'])
})

test('unknown fields are ignored, also those that JavaScript holds dear', async () => {
  const text = '{"name":"ada","extra":1,"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'
  const { status, body } = await client.post('/things', undefined, { text })
  assert.equal(status, 201)
  assert.deepEqual(Object.keys(body?.data ?? {}), ['name', 'correlation'])
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('lengths count code points, not UTF-16 units or bytes', async () => {
  assert.equal((await client.post('/things', { name: '😀😀😀😀😀' })).status, 201)
  assert.deepEqual(await create({ name: '😀😀😀😀😀😀' }), VALIDATION_FAILED)
  assert.equal((await client.get(`/names/${encodeURIComponent('äöüß€')}`)).status, 200)
})

test('a path id is an integer from 1 to 2^53 - 1: else it is no integer, or breaks the rule', async () => {
  for (const id of ['abc', '1e3', '1.5', '0x10', '%20', '9007199254740992', '9'.repeat(400), 'NaN', 'Infinity']) {
    assert.deepEqual(await refusal(client.get(`/things/${id}`)), INVALID_INPUT, id)
  }
  for (const id of ['0', '-1', '-9007199254740991', '000']) {
    assert.deepEqual(await refusal(client.get(`/things/${id}`)), VALIDATION_FAILED, id)
  }
  assert.deepEqual((await client.get('/things/9007199254740991')).body?.data, { id: 9_007_199_254_740_991 })
})

test('a NUL in a path is validation failed; malformed percent-encoding is invalid input', async () => {
  assert.deepEqual(await refusal(client.get('/names/a%00b')), VALIDATION_FAILED)
  for (const path of ['/names/%', '/names/%zz', '/names/%c3%28', '/things/%ff']) {
    assert.deepEqual(await refusal(client.get(path)), INVALID_INPUT, path)
  }
})

test('malformed JSON and an empty body are invalid input', async () => {
  for (const text of ['{', '{"name":}', "{'name':'a'}", 'name=a', ' ', '\u0000', '{"name":"a"}x']) {
    assert.deepEqual(await refusal(client.post('/things', undefined, { text })), INVALID_INPUT, text)
  }
  assert.deepEqual(await refusal(client.post('/things')), INVALID_INPUT)
  assert.deepEqual(await refusal(client.post('/things', undefined, { text: '' })), INVALID_INPUT)
})

test('only application/json is read, in any charset of Unicode', async () => {
  const send = (type: string) =>
    client.post('/things', undefined, { text: '{"name":"ada"}', headers: { 'content-type': type } })
  for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON']) {
    assert.equal((await send(type)).status, 201, type)
  }
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/xml',
    'application/json; charset=latin1',
    '',
  ]) {
    assert.deepEqual(await refusal(send(type)), [415, 'unsupported media type'], type)
  }
})

test('a compressed body is read, one that is not what it says is refused', async () => {
  const send = (text: Buffer, encoding: string) =>
    client.post('/things', undefined, { text, headers: { 'content-encoding': encoding } })
  assert.equal((await send(gzipSync('{"name":"ada"}'), 'gzip')).status, 201)
  assert.deepEqual(await refusal(send(Buffer.from('{"name":"ada"}'), 'gzip')), INVALID_INPUT)
  assert.deepEqual(await refusal(send(Buffer.from('{"name":"ada"}'), 'zip')), [415, 'unsupported media type'])
})

const TOO_LARGE = [413, 'payload too large']
const noteOf = (bytes: number) => JSON.stringify({ name: 'ada', note: 'x'.repeat(bytes) })

test('a body of up to 1 MiB is read; a larger one is refused by its declared length', async () => {
  const limit = 1_048_576 - noteOf(0).length
  assert.equal((await client.post('/things', undefined, { text: noteOf(limit) })).status, 201)
  assert.deepEqual(await refusal(client.post('/things', undefined, { text: noteOf(limit + 1) })), TOO_LARGE)
})

async function* chunksOf(text: string, size: number) {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
}

test('a larger body without declared length is refused too, and so is one that becomes larger when unpacked', async () => {
  const chunked = await request(`${things.server.url}/api/v1/things`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Readable.from(chunksOf(noteOf(1_100_000), 100_000)),
  })
  assert.equal(chunked.statusCode, 413)
  assert.equal(((await chunked.body.json()) as { message: string }).message, 'payload too large')
  const bomb = client.post('/things', undefined, {
    text: gzipSync(noteOf(1_900_000)),
    headers: { 'content-encoding': 'gzip' },
  })
  assert.deepEqual(await refusal(bomb), TOO_LARGE)
})

test('after a body that was read, the request still has its own context', async () => {
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_item, index) =>
      client.post<{ correlation: string }>(
        '/things',
        { name: 'ada', note: 'x'.repeat(index * 997) },
        { headers: { 'X-Correlation-ID': `c${index}` } },
      ),
    ),
  )
  for (const [index, { body }] of answers.entries()) assert.equal(body?.data?.correlation, `c${index}`)
})
