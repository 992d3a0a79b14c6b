import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { somebody, userIdOf } from '@pharos/platform/testing/api-client'
import type { ApiClient } from '@pharos/platform/testing/api-client'
import type { UserView } from '@pharos/platform/contracts/http/users'
import { assertRefused, dataOf } from '../answers.ts'
import { startTestSystem } from '../test-system.ts'
import type { TestSystem } from '../test-system.ts'

const ORIGIN = 'https://app.example.org'

let platform: TestSystem
let api: ApiClient
before(async () => {
  platform = await startTestSystem({ forService: { gateway: { CORS_ORIGINS: ORIGIN } } })
  api = platform.client()
})
after(() => platform?.[Symbol.asyncDispose]())

const registered = async (client = platform.client()) => {
  const person = somebody()
  const tokens = dataOf(await client.register(person), 201)
  return { client, person, tokens, id: userIdOf(tokens.access_token), token: tokens.access_token }
}

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

test('each way of not being authenticated has its own text', async () => {
  const { client, id, token, tokens } = await registered()
  const [header = '', payload = '', signature = ''] = token.split('.')
  const cases: [authorization: string | undefined, message: string][] = [
    [undefined, 'unauthenticated'],
    ['', 'invalid token'],
    [token, 'invalid token'],
    [`bearer ${token}`, 'invalid token'],
    [`Bearer  ${token}`, 'invalid token'],
    [`Basic ${token}`, 'invalid token'],
    ['Bearer', 'invalid token'],
    ['Bearer not-a-jwt', 'invalid token'],
    [`Bearer ${header}.${payload}`, 'invalid token'],
    [`Bearer ${tokens.refresh_token}`, 'unauthenticated'],
    [`Bearer ${header}.${payload}.${signature.slice(0, -6)}AAAAAA`, 'unauthenticated'],
    [
      `Bearer ${header}.${base64({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: '999' })}.${signature}`,
      'unauthenticated',
    ],
    [`Bearer ${base64({ alg: 'none', typ: 'JWT' })}.${payload}.`, 'unauthenticated'],
    [`Bearer ${base64({ alg: 'HS256', typ: 'JWT' })}.${payload}.${signature}`, 'unauthenticated'],
  ]
  for (const [authorization, message] of cases) {
    const headers = authorization === undefined ? {} : { authorization }
    const answer = await client.put(`/users/${id}`, { bio: 'x' }, { headers })
    assert.equal(answer.status, 401, authorization)
    assertRefused(answer, 401, message, message.toUpperCase().replace(' ', '_'))
  }
})

test('an unknown route is 404 and a wrong method is 405 with what is allowed', async () => {
  for (const path of ['/nothing', '/users/1/more', '//', '//api/v2/users/1', '//metrics', '//internal/users']) {
    assertRefused(await api.get(path), 404, 'not found', 'NOT_FOUND')
  }
  const wrong = await api.delete('/auth/login')
  assertRefused(wrong, 405, 'method not allowed', 'METHOD_NOT_ALLOWED')
  assert.equal(wrong.headers['allow'], 'POST, OPTIONS')
  const update = await api.get('/auth/update-password')
  assertRefused(update, 405, 'method not allowed', 'METHOD_NOT_ALLOWED')
  assert.equal(update.headers['allow'], 'POST, PUT, OPTIONS')
})

test('collection routes answer with and without a trailing slash', async () => {
  const { client, id, token } = await registered()
  for (const path of ['/users', '/users/']) dataOf(await client.put(path, { id, bio: path }, { token }), 200)
  for (const path of ['/users/search?query=ada', '/users/search/?query=ada']) dataOf(await client.get(path), 200)
})

test('a body that is too large, of another type or no JSON is refused for what it is', async () => {
  const client = platform.client()
  const login = (options: object) => client.request('POST', '/auth/login', options)
  const large = JSON.stringify({ login: 'ada', password: 'x'.repeat(1_100_000) })
  assertRefused(await login({ text: large }), 413, 'payload too large', 'PAYLOAD_TOO_LARGE')
  const typed = (type: string) => login({ text: '{"login":"a","password":"b"}', headers: { 'content-type': type } })
  assertRefused(await typed('text/plain'), 415, 'unsupported media type', 'UNSUPPORTED_MEDIA_TYPE')
  assertRefused(
    await typed('application/x-www-form-urlencoded'),
    415,
    'unsupported media type',
    'UNSUPPORTED_MEDIA_TYPE',
  )
  for (const text of ['{"login":', 'login=a', '[1,2', '']) {
    const answer = await login({ text })
    assert.equal(answer.body?.message, 'invalid input', text)
    assertRefused(answer, 400, 'invalid input', 'INVALID_INPUT')
  }
})

test('wrong types are invalid input, broken rules are validation failed with their field', async () => {
  const client = platform.client()
  const good = somebody()
  assertRefused(await client.post('/auth/register', { ...good, username: 7 }), 400, 'invalid input', 'INVALID_INPUT')
  assertRefused(await client.get('/users/abc'), 400, 'invalid input', 'INVALID_INPUT')
  assertRefused(await client.get('/users/1.5'), 400, 'invalid input', 'INVALID_INPUT')
  assertRefused(await client.get('/users/0'), 400, 'validation failed', 'VALIDATION_FAILED')
  assertRefused(await client.get('/users/email/%20'), 400, 'validation failed', 'VALIDATION_FAILED')
  assertRefused(await client.get('/users/search?query='), 400, 'invalid search query', 'SEARCH_INVALID_QUERY')
  assertRefused(
    await client.get(`/users/search?query=${'x'.repeat(101)}`),
    400,
    'invalid search query',
    'SEARCH_INVALID_QUERY',
  )
  for (const [field, value] of Object.entries({
    username: 'ab',
    email: 'none',
    password: '12345',
    bio: 'a\u0000b',
    avatar_url: 'ftp://x',
  })) {
    const answer = await platform.client().post('/auth/register', { ...good, [field]: value })
    assertRefused(answer, 400, 'validation failed', 'VALIDATION_FAILED')
    assert.deepEqual([...new Set(answer.body?.details?.map(({ path }) => path))], [field])
  }
})

test('names and addresses are taken without regard to case', async () => {
  const { client, person } = await registered()
  const other = somebody()
  const name = await client.register({ ...other, username: person.username.toUpperCase() })
  assertRefused(name, 409, 'username already exists', 'USER_USERNAME_EXISTS')
  const address = await client.register({ ...other, email: person.email.toUpperCase() })
  assertRefused(address, 409, 'email already exists', 'USER_EMAIL_EXISTS')
})

test('somebody else is forbidden to touch a profile, after the input was found good', async () => {
  const [owner, stranger] = [await registered(), await registered()]
  const { token } = stranger
  assertRefused(await stranger.client.put(`/users/${owner.id}`, { bio: 'x' }, { token }), 403, 'forbidden', 'FORBIDDEN')
  assertRefused(
    await stranger.client.put('/users', { id: owner.id, bio: 'x' }, { token }),
    403,
    'forbidden',
    'FORBIDDEN',
  )
  assertRefused(await stranger.client.delete(`/users/${owner.id}`, { token }), 403, 'forbidden', 'FORBIDDEN')
  assertRefused(
    await stranger.client.put(`/users/${owner.id}`, { username: 'x' }, { token }),
    400,
    'validation failed',
    'VALIDATION_FAILED',
  )
})

test('the same idempotency key gives the first answer again, and another body is refused', async () => {
  const client = platform.client()
  const person = somebody()
  const headers = { 'idempotency-key': `key-${person.username}` }
  const first = dataOf(await client.register(person, { headers }), 201)
  const second = dataOf(await client.register(person, { headers }), 201)
  assert.deepEqual(second, first)
  const other = await client.register(somebody(), { headers })
  assertRefused(other, 422, 'idempotency key reused', 'IDEMPOTENCY_KEY_REUSED')
})

test('a profile that did not change is 304 without a body', async () => {
  const { client, id, token } = await registered()
  const first = await client.user(id)
  const { etag = '' } = first.headers
  assert.match(etag, /^(W\/)?"[^"]+"$/)
  const again = await client.user(id, { headers: { 'if-none-match': etag } })
  assert.deepEqual([again.status, again.text, again.headers['etag']], [304, '', etag])
  dataOf(await client.put(`/users/${id}`, { bio: 'new' }, { token }), 200)
  const changed = await client.user(id, { headers: { 'if-none-match': etag } })
  assert.equal(dataOf<UserView>(changed, 200).bio, 'new')
  assert.notEqual(
    (await client.user(id, { token })).headers['etag'],
    (await client.user(id)).headers['etag'],
    'the owner sees more',
  )
})

test('a long answer is compressed for whoever takes it', async () => {
  const { client, token } = await registered()
  for (let i = 0; i < 6; i += 1) {
    const crowd = platform.client()
    dataOf(await crowd.register(somebody({ full_name: 'One of many', bio: 'b'.repeat(200) })), 201)
  }
  const path = '/users/search?query=one%20of%20many'
  const packed = await client.get<{ total: number }>(path, { token, headers: { 'accept-encoding': 'gzip' } })
  assert.equal(packed.headers['content-encoding'], 'gzip')
  assert.equal(dataOf(packed, 200).total, 6)
  assert.equal((await client.get(path)).headers['content-encoding'], undefined)
})

test('a browser of an allowed origin may call, and no other', async () => {
  const preflight = (origin: string) =>
    api.request('OPTIONS', '/users/1', {
      headers: {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'authorization,content-type,idempotency-key',
      },
    })
  const allowed = await preflight(ORIGIN)
  assert.equal(allowed.status, 204)
  assert.equal(allowed.headers['access-control-allow-origin'], ORIGIN)
  assert.match(allowed.headers['access-control-allow-methods'] ?? '', /PUT/)
  assert.match(allowed.headers['access-control-allow-headers'] ?? '', /authorization/i)
  assert.match(allowed.headers['x-correlation-id'] ?? '', /./)
  assert.equal((await preflight('https://elsewhere.example.org')).headers['access-control-allow-origin'], undefined)
  const simple = await api.get('/users/search?query=ada', { headers: { origin: ORIGIN } })
  assert.equal(simple.headers['access-control-allow-origin'], ORIGIN)
  assert.match(simple.headers['access-control-expose-headers'] ?? '', /X-Correlation-ID/i)
})

test('every answer says what is left of the limit, and the one too many says when to come again', async () => {
  const client = platform.client()
  const read = await client.get('/users/search?query=ada')
  assert.equal(read.headers['ratelimit-limit'], '300')
  assert.equal(read.headers['ratelimit-remaining'], '299')
  assert.match(read.headers['ratelimit-reset'] ?? '', /^\d+$/)
  const statuses: number[] = []
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const answer = await client.login(`nobody_${attempt}`, 'wrong-password')
    statuses.push(answer.status)
    assert.equal(answer.headers['ratelimit-limit'], '10')
  }
  assert.deepEqual(
    statuses,
    Array.from({ length: 10 }, () => 404),
  )
  const limited = await client.login('nobody_else', 'wrong-password')
  assertRefused(limited, 429, 'too many requests', 'RATE_LIMITED')
  assert.ok(Number(limited.headers['retry-after']) >= 1)
  assert.equal(limited.headers['ratelimit-remaining'], '0')
  assert.equal(
    (await platform.client().login('nobody_else', 'wrong-password')).status,
    404,
    'another address is not limited',
  )
})

test('answers carry the security headers and do not say what made them', async () => {
  const { headers } = await api.get('/users/search?query=ada')
  assert.equal(headers['x-powered-by'], undefined)
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.match(headers['content-security-policy'] ?? '', /default-src 'none'/)
  assert.match(headers['strict-transport-security'] ?? '', /max-age=/)
})
