import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { unavailable } from '../../src/errors.ts'
import { Secret } from '../../src/runtime/config.ts'
import { createServiceTokens } from '../../src/http/service-token.ts'
import { authenticatorFor, createIssuer } from './issuer.ts'
import { startThings } from './thing-service.ts'

const issuer = await createIssuer()
const secret = new Secret('a secret between services, long enough')
const tokensOf = (service: string) => createServiceTokens({ secret, service })
const things = await startThings({ authenticator: authenticatorFor(issuer.keys), serviceTokens: tokensOf('things') })
const { client } = things
after(() => things[Symbol.asyncDispose]())

const IDENTITY = { userId: 42, sessionId: 's1', role: 'user' }
const withoutExpiry = (data: unknown) => {
  const { expiresAtMs, ...identity } = data as { expiresAtMs: number }
  assert.ok(expiresAtMs > Date.now() && expiresAtMs <= Date.now() + 900_000)
  return identity
}

test('a route for users gives its handler who is asking, and refuses everybody else with 401', async () => {
  const mine = await client.get('/mine', { token: await issuer.token() })
  assert.deepEqual(withoutExpiry(mine.body?.data), IDENTITY)
  const { status, body } = await client.get('/mine')
  assert.deepEqual([status, body?.message, body?.code], [401, 'unauthenticated', 'UNAUTHENTICATED'])
  const expired = await client.get('/mine', { token: await issuer.token({ expiresInSeconds: -60 }) })
  assert.deepEqual([expired.status, expired.body?.code], [401, 'TOKEN_EXPIRED'])
})

test('a route that may know its user takes a valid token and ignores any other', async () => {
  const maybe = await client.get<{ user: unknown }>('/maybe', { token: await issuer.token() })
  assert.deepEqual(withoutExpiry(maybe.body?.data?.user), IDENTITY)
  for (const authorization of [
    'Bearer nonsense',
    'Basic x',
    `Bearer ${await issuer.token({ expiresInSeconds: -60 })}`,
  ]) {
    const { status, body } = await client.get('/maybe', { headers: { authorization } })
    assert.deepEqual([status, body?.data], [200, { user: null }])
  }
  assert.deepEqual((await client.get('/maybe')).body?.data, { user: null })
})

test('an open route never looks at the token', async () => {
  assert.equal((await client.get('/names/a', { headers: { authorization: 'nonsense' } })).status, 200)
})

test('an internal route takes the token of a service, for this service, and no user’s', async () => {
  const accepted = await client.get('//internal/things', { token: await tokensOf('auth').for('things') })
  assert.deepEqual([accepted.status, accepted.body?.data], [200, { inside: true }])
  for (const token of [undefined, await issuer.token(), await tokensOf('auth').for('users')]) {
    assert.deepEqual((await client.get('//internal/things', { token })).body?.message, 'unauthenticated')
  }
})

test('keys that can’t be had are 503, not 401', async () => {
  const authenticator = authenticatorFor({ get: () => Promise.reject(unavailable('jwks.unavailable')) })
  await using other = await startThings({ authenticator })
  const { status, body, headers } = await other.client.get('/mine', { token: await issuer.token() })
  assert.deepEqual([status, body?.message, headers['retry-after']], [503, 'service unavailable', '1'])
})
