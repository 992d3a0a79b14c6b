import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UnsecuredJWT } from 'jose'
import { authenticatorFor, createIssuer, ISSUER } from '../../test/http/issuer.ts'
import { isAppError } from '../errors.ts'
import type { Authenticator } from './auth.ts'
import { REFRESH_TOKEN_PREFIX } from './auth.ts'
import { statusOf } from './envelope.ts'

const issuer = await createIssuer()
const authenticator = authenticatorFor(issuer.keys)

const refusal = async (authorization: string | undefined, by: Authenticator = authenticator) => {
  try {
    await by.authenticate(authorization)
  } catch (error) {
    assert.ok(isAppError(error), String(error))
    return [statusOf(error), error.message]
  }
  return 'accepted'
}
const refusalOf = async (token: string, by?: Authenticator) => refusal(`Bearer ${token}`, by)

const UNAUTHENTICATED = [401, 'unauthenticated']
const INVALID_TOKEN = [401, 'invalid token']
const TOKEN_EXPIRED = [401, 'token expired']

test('a valid token tells who its bearer is, and until when', async () => {
  const exp = Math.floor(Date.now() / 1_000) + 60
  const token = await issuer.token({ claims: { sub: '7', sid: 'session', role: 'admin', exp } })
  assert.deepEqual(await authenticator.authenticate(`Bearer ${token}`), {
    userId: 7,
    sessionId: 'session',
    role: 'admin',
    expiresAtMs: exp * 1_000,
  })
})

test('no header is unauthenticated', async () => {
  assert.deepEqual(await refusal(undefined), UNAUTHENTICATED)
})

test('a header that is not exactly "Bearer <jwt>" is an invalid token', async () => {
  const token = await issuer.token()
  const malformed = [
    '',
    'Bearer',
    'Bearer ',
    `bearer ${token}`,
    `BEARER ${token}`,
    `Bearer  ${token}`,
    `Bearer ${token} `,
  ]
  for (const header of [...malformed, ` Bearer ${token}`, `Bearer ${token} x`, `Basic ${token}`, token, 'Basic dTpw']) {
    assert.deepEqual(await refusal(header), INVALID_TOKEN, header)
  }
})

test('what is not a JWT is an invalid token', async () => {
  const token = await issuer.token()
  const [header, payload] = token.split('.') as [string, string]
  for (const other of [
    'abc',
    'a.b',
    'a.b.c',
    `${header}.${payload}`,
    `${token}.x`,
    `${header}.${payload}.ü`,
    '..',
    '.a.b',
  ]) {
    assert.deepEqual(await refusalOf(other), INVALID_TOKEN, other)
  }
})

test('a forged or altered token is unauthenticated', async () => {
  const token = await issuer.token()
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const other = await createIssuer()
  const altered = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: '1' }))
  const forged = [
    await other.token(),
    `${header}.${altered.toString('base64url')}.${signature}`,
    `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
    `${header}.${payload}.`,
  ]
  for (const one of forged) assert.deepEqual(await refusalOf(one), UNAUTHENTICATED)
})

test('any algorithm but EdDSA is unauthenticated: none, HS256 with a guessed or the public key as secret', async () => {
  const publicKey = new TextEncoder().encode(JSON.stringify(issuer.jwk))
  const none = new UnsecuredJWT({ sid: 's1', role: 'user' })
    .setSubject('42')
    .setIssuer(ISSUER)
    .setExpirationTime('1h')
    .encode()
  const noneWithKid = [Buffer.from('{"alg":"none","kid":"k1"}').toString('base64url'), none.split('.')[1], ''].join('.')
  const hs256 = await issuer.token({ header: { alg: 'HS256' }, key: publicKey })
  for (const token of [none, noneWithKid, hs256]) assert.deepEqual(await refusalOf(token), UNAUTHENTICATED)
})

test('another audience or issuer, a missing claim and an unknown role are unauthenticated', async () => {
  const claims = [
    { aud: 'other' },
    { aud: undefined },
    { iss: 'other' },
    { sub: undefined },
    { sid: undefined },
    { exp: undefined },
  ]
  for (const claim of [...claims, { sub: 'ada' }, { sid: 5 }, { role: 'root' }, { role: undefined }]) {
    assert.deepEqual(await refusalOf(await issuer.token({ claims: claim })), UNAUTHENTICATED, JSON.stringify(claim))
  }
})

test('a refresh token used as bearer is unauthenticated', async () => {
  assert.deepEqual(await refusalOf(`${REFRESH_TOKEN_PREFIX}abcDEF0123-_`), UNAUTHENTICATED)
})

test('an unknown key id, and none, are unauthenticated', async () => {
  for (const kid of ['k2', undefined]) {
    assert.deepEqual(await refusalOf(await issuer.token({ header: { kid } })), UNAUTHENTICATED)
  }
})

test('an expired token is told so, after a leeway of 5 seconds', async () => {
  assert.deepEqual(await refusalOf(await issuer.token({ expiresInSeconds: -6 })), TOKEN_EXPIRED)
  assert.equal(await refusalOf(await issuer.token({ expiresInSeconds: -2 })), 'accepted')
})

test('a token from the future is unauthenticated', async () => {
  const nbf = Math.floor(Date.now() / 1_000) + 60
  assert.deepEqual(await refusalOf(await issuer.token({ claims: { nbf } })), UNAUTHENTICATED)
})

test('a token that was accepted before expires all the same', async (t) => {
  const token = await issuer.token({ expiresInSeconds: 10 })
  const own = authenticatorFor(issuer.keys)
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  assert.equal(await refusalOf(token, own), 'accepted')
  t.mock.timers.tick(14_000)
  assert.equal(await refusalOf(token, own), 'accepted')
  t.mock.timers.tick(2_000)
  assert.deepEqual(await refusalOf(token, own), TOKEN_EXPIRED)
  assert.deepEqual(await refusalOf(token, own), TOKEN_EXPIRED)
})

test('a revoked session is unauthenticated at once, also for a token that was accepted before', async () => {
  const revoked = new Set<string>()
  const own = authenticatorFor(issuer.keys, { isRevoked: ({ sessionId }) => revoked.has(sessionId) })
  const [one, two] = [await issuer.token({ claims: { sid: 'one' } }), await issuer.token({ claims: { sid: 'two' } })]
  assert.equal(await refusalOf(one, own), 'accepted')
  revoked.add('one')
  assert.deepEqual(await refusalOf(one, own), UNAUTHENTICATED)
  assert.equal(await refusalOf(two, own), 'accepted')
})

test('a signature is verified once per token', async () => {
  let asked = 0
  const counted = (kid: string) => {
    asked += 1
    return issuer.keys.get(kid)
  }
  const own = authenticatorFor({ get: counted })
  const token = await issuer.token()
  for (let time = 0; time < 5; time += 1) assert.equal(await refusalOf(token, own), 'accepted')
  assert.equal(asked, 1)
})
