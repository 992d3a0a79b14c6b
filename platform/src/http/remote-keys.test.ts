import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { JWK } from 'jose'
import { authenticatorFor, createIssuer } from '../../test/http/issuer.ts'
import { remoteKeys } from './remote-keys.ts'

const startJwks = async (jwks: JWK[]) => {
  const state = { keys: jwks, asked: 0, status: 200 }
  const server = createServer((_req, res) => {
    state.asked += 1
    res.writeHead(state.status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: state.keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(() => resolve()))
  }
  return {
    state,
    close,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/jwks.json`,
    [Symbol.asyncDispose]: close,
  }
}

const AWAY = { kind: 'unavailable', message: 'service unavailable' }

test('a token is verified by keys from the JWKS address, fetched once for many at a time', async () => {
  const issuer = await createIssuer()
  await using jwks = await startJwks([issuer.jwk])
  using keys = remoteKeys({ url: jwks.url })
  const authenticator = authenticatorFor(keys)
  const tokens = await Promise.all(
    Array.from({ length: 20 }, (_x, id) => issuer.token({ claims: { sub: `${id + 1}` } })),
  )
  await Promise.all(tokens.map((token) => authenticator.authenticate(`Bearer ${token}`)))
  assert.equal(jwks.state.asked, 1)
})

test('with the JWKS address away from the start, a token can’t be judged: unavailable, and known as soon as it is back', async () => {
  const issuer = await createIssuer()
  await using jwks = await startJwks([issuer.jwk])
  jwks.state.status = 500
  jwks.state.keys = undefined as never
  using keys = remoteKeys({ url: jwks.url })
  const authorization = `Bearer ${await issuer.token()}`
  await assert.rejects(authenticatorFor(keys).authenticate(authorization), AWAY)
  Object.assign(jwks.state, { status: 200, keys: [issuer.jwk] })
  assert.equal((await authenticatorFor(keys).authenticate(authorization)).userId, 42)
})

test('nobody listening at the JWKS address is unavailable too', async () => {
  const issuer = await createIssuer()
  const jwks = await startJwks([])
  await jwks.close()
  using keys = remoteKeys({ url: jwks.url })
  await assert.rejects(authenticatorFor(keys).authenticate(`Bearer ${await issuer.token()}`), AWAY)
})

test('a key that is new is fetched when it is first seen; known ones go on working while the address is away', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const [old, next] = [await createIssuer('old'), await createIssuer('next')]
  await using jwks = await startJwks([old.jwk])
  using keys = remoteKeys({ url: jwks.url })
  const authenticator = authenticatorFor(keys)
  await authenticator.authenticate(`Bearer ${await old.token()}`)
  jwks.state.keys = [old.jwk, next.jwk]
  t.mock.timers.tick(6_000)
  await authenticator.authenticate(`Bearer ${await next.token()}`)
  await jwks.close()
  assert.equal((await authenticator.authenticate(`Bearer ${await old.token({ claims: { sub: '9' } })}`)).userId, 9)
})

test('made-up key ids ask the JWKS address at most every five seconds', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const issuer = await createIssuer()
  await using jwks = await startJwks([issuer.jwk])
  using keys = remoteKeys({ url: jwks.url })
  for (let guess = 0; guess < 20; guess += 1) assert.equal(await keys.get(`guess-${guess}`), undefined)
  assert.equal(jwks.state.asked, 1)
  t.mock.timers.tick(6_000)
  await keys.get('guess')
  assert.equal(jwks.state.asked, 2)
})
