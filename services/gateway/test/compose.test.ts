import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApiClient } from '@pharos/platform/testing/api-client'
import { startFakePeer } from '../../../platform/test/http/fake-peer.ts'
import { createIssuer } from '../../../platform/test/http/issuer.ts'
import { composeGateway } from '../src/compose.ts'
import { loadConfig } from '../src/config.ts'

const NOBODY = 'http://127.0.0.1:9'

const compose = async (env: Record<string, string>) => {
  const stack = new AsyncDisposableStack()
  const config = loadConfig({ PORT: '0', MANAGEMENT_PORT: '0', REDIS_URL: 'redis://127.0.0.1:9', ...env })
  const { url, managementUrl } = await composeGateway(config, stack)
  const client = stack.use(createApiClient(url))
  return { client, url, managementUrl, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

test('composed as in production, with Redis away: routes by operation, limits per process, and stays ready', async () => {
  await using users = await startFakePeer((_req, res) => void res.end('users'))
  await using auth = await startFakePeer((_req, res) => void res.end('auth'))
  await using gateway = await compose({ USERS_URL: users.url, AUTH_URL: auth.url, JWKS_URL: NOBODY })
  assert.equal((await gateway.client.get('/users/5')).text, 'users')
  const statuses: number[] = []
  for (let time = 0; time < 12; time += 1) statuses.push((await gateway.client.post('/auth/login', {})).status)
  assert.deepEqual(statuses, [...Array<number>(10).fill(200), 429, 429])
  const ready = (await (await fetch(`${gateway.url}/readyz`)).json()) as {
    ready: boolean
    dependencies: Record<string, { up: boolean }>
  }
  assert.equal(ready.ready, true)
  assert.deepEqual(
    Object.entries(ready.dependencies).map(([name, { up }]) => [name, up]),
    [
      ['redis', false],
      ['users', true],
      ['auth', true],
    ],
  )
  assert.equal((await fetch(`${gateway.managementUrl}/metrics`)).status, 200)
})

test('RATE_LIMIT=off limits nothing', async () => {
  await using auth = await startFakePeer()
  await using gateway = await compose({ AUTH_URL: auth.url, RATE_LIMIT: 'off' })
  for (let time = 0; time < 15; time += 1) {
    const { status, headers } = await gateway.client.post('/auth/login', {})
    assert.deepEqual([status, headers['ratelimit-limit']], [200, undefined])
  }
})

test('users for whom nobody can vouch, because auth is away, get 503; open routes go on', async () => {
  await using users = await startFakePeer((_req, res) => void res.end('users'))
  await using gateway = await compose({ USERS_URL: users.url, AUTH_URL: NOBODY, JWKS_URL: NOBODY })
  const token = await (await createIssuer()).token()
  const refused = await gateway.client.put('/users/avatar', {}, { token })
  assert.deepEqual(
    [refused.status, refused.body?.message, refused.headers['retry-after']],
    [503, 'service unavailable', '1'],
  )
  assert.equal((await gateway.client.get('/users/5', { token })).text, 'users')
  assert.equal((await gateway.client.post('/auth/login', {})).status, 503)
})

test('tokens are verified by the keys that auth publishes', async () => {
  const issuer = await createIssuer()
  await using users = await startFakePeer((_req, res) => void res.end('users'))
  await using auth = await startFakePeer((_req, res) => void res.end(JSON.stringify({ keys: [issuer.jwk] })))
  await using gateway = await compose({ USERS_URL: users.url, JWKS_URL: `${auth.url}/.well-known/jwks.json` })
  assert.equal((await gateway.client.put('/users/avatar', {}, { token: await issuer.token() })).text, 'users')
})
