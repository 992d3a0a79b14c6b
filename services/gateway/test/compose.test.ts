import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApiClient } from '@pharos/platform/testing/api-client'
import { startFakePeer } from '../../../platform/test/http/fake-peer.ts'
import { createIssuer } from '../../../platform/test/http/issuer.ts'
import { composeGateway } from '../src/compose.ts'
import { loadConfig } from '../src/config.ts'
import { openSocket, openStream } from './live-clients.ts'

const NOBODY = 'http://127.0.0.1:9'

const compose = async (env: Record<string, string>) => {
  const stack = new AsyncDisposableStack()
  const nowhere = { POSTS_URL: NOBODY, RELATIONS_URL: NOBODY, NOTIFICATIONS_URL: NOBODY }
  const config = loadConfig({ PORT: '0', MANAGEMENT_PORT: '0', REDIS_URL: 'redis://127.0.0.1:9', ...nowhere, ...env })
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
      ['posts', false],
      ['relations', false],
      ['notifications', false],
    ],
  )
  assert.equal((await fetch(`${gateway.managementUrl}/metrics`)).status, 200)
})

test('each service gets what is its own', async () => {
  const issuer = await createIssuer()
  await using stack = new AsyncDisposableStack()
  const peer = async (name: string) => stack.use(await startFakePeer((_req, res) => void res.end(name))).url
  const auth = stack.use(await startFakePeer((_req, res) => void res.end(JSON.stringify({ keys: [issuer.jwk] }))))
  const gateway = stack.use(
    await compose({
      JWKS_URL: auth.url,
      POSTS_URL: await peer('posts'),
      RELATIONS_URL: await peer('relations'),
      NOTIFICATIONS_URL: await peer('notifications'),
    }),
  )
  const token = await issuer.token()
  for (const [path, service] of [
    ['/posts/list', 'posts'],
    ['/posts/5', 'posts'],
    ['/relation/5/followers', 'relations'],
    ['/relations/5/followees/', 'relations'],
    ['/notification/feed', 'notifications'],
    ['/notifications/5', 'notifications'],
  ] as const)
    assert.equal((await gateway.client.get(path, { token })).text, service, path)
})

test('composed as in production, streams and WebSockets open with Redis away, and end with the process', async () => {
  const issuer = await createIssuer()
  const listing = { status: 200, data: { notifications: [], last_id: 0 } }
  await using notifications = await startFakePeer((_req, res) => void res.end(JSON.stringify(listing)))
  await using auth = await startFakePeer((_req, res) => void res.end(JSON.stringify({ keys: [issuer.jwk] })))
  const gateway = await compose({ JWKS_URL: auth.url, NOTIFICATIONS_URL: notifications.url })
  const port = Number(new URL(gateway.url).port)
  using stream = await openStream(port, await issuer.token())
  using socket = await openSocket(port, await issuer.token())
  await gateway[Symbol.asyncDispose]()
  assert.deepEqual(await socket.closed, { code: 1001, reason: 'going away' })
  await stream.closed
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
