import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { decodeJwt, decodeProtectedHeader, generateKeyPair, importJWK, SignJWT } from 'jose'
import type { CryptoKey, JWK, JWTPayload } from 'jose'
import { statement } from '@pharos/platform/postgres/statement'
import { Secret } from '@pharos/platform/runtime/config'
import { eventually } from '@pharos/platform/testing/eventually'
import { createSealer } from '../src/adapters/keys/seal.ts'
import {
  invalidToken,
  refusal,
  tokenExpired,
  unauthenticated,
  validationFailed,
} from '@pharos/platform/testing/refusals'
import { KEY_ENCRYPTION_SECRET, startAuth } from './auth-service.ts'
import type { AuthUnderTest } from './auth-service.ts'

const DAY_MS = 24 * 60 * 60_000

let auth: AuthUnderTest
before(async () => {
  auth = await startAuth()
})
after(() => auth[Symbol.asyncDispose]())

const jwksOf = async (url: string): Promise<{ keys: JWK[] }> =>
  (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: JWK[] }
const kidsOf = async (url: string): Promise<string[]> => (await jwksOf(url)).keys.map(({ kid }) => kid as string)
const kidOf = (token: string | undefined): string => decodeProtectedHeader(token ?? '').kid as string

/** The key of the service itself, so that a token can be wrong in one thing only. */
const ownKey = async (): Promise<{ kid: string; key: CryptoKey }> => {
  const rows = statement('test.key', 'SELECT kid, sealed_private_key FROM signing_keys ORDER BY active_from LIMIT 1')
  const [row] = await auth.db.statement<{ kid: string; sealed_private_key: Buffer }>(rows, [])
  const { kid, sealed_private_key: sealed } = row as NonNullable<typeof row>
  const jwk = JSON.parse(createSealer(new Secret(KEY_ENCRYPTION_SECRET)).open(kid, sealed)) as JWK
  return { kid, key: (await importJWK(jwk, 'EdDSA')) as CryptoKey }
}

describe('an access token', () => {
  test('is an Ed25519 JWT with the claims of the contract', async () => {
    const ada = await auth.join()
    const { access_token: token } = ada.tokens
    assert.deepEqual(decodeProtectedHeader(token), { alg: 'EdDSA', kid: kidOf(token), typ: 'at+jwt' })
    const { iss, aud, sub, sid, role, iat, exp, ...rest } = decodeJwt(token)
    assert.deepEqual(
      { iss, aud, sub, role, rest },
      { iss: 'pharos', aud: 'pharos', sub: String(ada.id), role: 'user', rest: {} },
    )
    assert.match(sid as string, /^[0-9a-f-]{36}$/)
    assert.equal((exp as number) - (iat as number), 900)
  })

  test('carries the role that the operator has given', async () => {
    const ada = await auth.join()
    await auth.db.statement(statement('test.admin', `UPDATE credentials SET role = 'admin' WHERE user_id = $1`), [
      ada.id,
    ])
    const { body } = await auth.refresh(ada.tokens.refresh_token)
    assert.equal(decodeJwt(body?.data?.access_token ?? '')['role'], 'admin')
  })

  test('that is not ours, or not one at all, is refused with the text of its fault', async () => {
    const ada = await auth.join()
    const { kid, key } = await ownKey()
    const now = Math.floor(Date.now() / 1_000)
    const good = { ...decodeJwt(ada.tokens.access_token), iat: now, exp: now + 900 }
    const sign = (claims: JWTPayload, header: object = {}, by: CryptoKey = key): Promise<string> =>
      new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid, typ: 'at+jwt', ...header }).sign(by)
    assert.deepEqual(refusal(await auth.tryToken(await sign(good))), validationFailed, 'the good one is good')

    const stranger = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const publicKey = JSON.stringify((await jwksOf(auth.url)).keys[0])
    const unsigned = `${encode({ alg: 'none', kid, typ: 'at+jwt' })}.${encode(good)}.`
    const body = `${encode({ alg: 'HS256', kid, typ: 'at+jwt' })}.${encode(good)}`
    const symmetric = `${body}.${createHmac('sha256', publicKey).update(body).digest('base64url')}`
    const [head, claims, signature] = (await sign(good)).split('.') as [string, string, string]
    const forged = `${head}.${encode({ ...good, role: 'admin' })}.${signature}`

    const { tokens } = ada
    const cases: [string, string, object][] = [
      ['no signature', unsigned, unauthenticated],
      ['HS256 by the public key', symmetric, unauthenticated],
      ['another signature', await sign(good, {}, stranger.privateKey), unauthenticated],
      ['an unknown key', await sign(good, { kid: 'unknown' }), unauthenticated],
      ['changed claims', forged, unauthenticated],
      ['another audience', await sign({ ...good, aud: 'others' }), unauthenticated],
      ['another issuer', await sign({ ...good, iss: 'others' }), unauthenticated],
      ['a refresh token', tokens.refresh_token, unauthenticated],
      ['expired', await sign({ ...good, exp: now - 10 }), tokenExpired],
      ['not a JWT', 'nonsense', invalidToken],
      ['half a JWT', `${head}.${claims}`, invalidToken],
    ]
    for (const [name, token, expected] of cases) assert.deepEqual(refusal(await auth.tryToken(token)), expected, name)

    const authorization = `bearer ${tokens.access_token}`
    const lower = await auth.api.put('/auth/update-password', {}, { headers: { authorization } })
    assert.deepEqual(refusal(lower), invalidToken)
    assert.deepEqual(refusal(await auth.api.put('/auth/update-password', {})), unauthenticated)
  })

  test('of an ended session is refused by every instance, also by one that starts afterwards', async () => {
    const ada = await auth.join()
    await using other = await auth.startAnother()
    assert.deepEqual(refusal(await auth.tryToken(ada.tokens.access_token, other.api)), validationFailed)
    await auth.logout(ada.tokens.refresh_token)
    await eventually(async () => {
      assert.deepEqual(refusal(await auth.tryToken(ada.tokens.access_token, other.api)), unauthenticated)
    })
    await using late = await auth.startAnother()
    assert.deepEqual(refusal(await auth.tryToken(ada.tokens.access_token, late.api)), unauthenticated)
  })

  test('of a session whose end was never announced, because the process died, is refused after a start', async () => {
    const ada = await auth.join()
    const end = statement('test.end', 'UPDATE sessions SET revoked_at = now() WHERE user_id = $1')
    await auth.db.statement(end, [ada.id])
    await using late = await auth.startAnother()
    assert.deepEqual(refusal(await auth.tryToken(ada.tokens.access_token, late.api)), unauthenticated)
    await eventually(async () => {
      assert.deepEqual(refusal(await auth.tryToken(ada.tokens.access_token)), unauthenticated)
    })
  })
})

describe('the key set', () => {
  test('holds public parts only, may be cached, and verifies what is signed', async () => {
    const ada = await auth.join()
    const answer = await fetch(`${auth.url}/.well-known/jwks.json`)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=300')
    assert.match(answer.headers.get('content-type') ?? '', /^application\/jwk-set\+json/)
    assert.ok(answer.headers.get('x-correlation-id'))
    const { keys } = (await answer.json()) as { keys: JWK[] }
    assert.equal(keys.length, 1)
    const [{ x, kid, ...rest }] = keys as [JWK]
    assert.deepEqual(rest, { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' })
    assert.equal(kid, kidOf(ada.tokens.access_token))
    assert.equal(x?.length, 43)
  })

  test('no private part is in the database as it is', async () => {
    const rows = statement('test.sealed', 'SELECT signing_keys::text AS text FROM signing_keys')
    const [row] = await auth.db.statement<{ text: string }>(rows, [])
    assert.ok(row && !row.text.includes('"d"'))
  })

  test('rotates: published a day before it signs, known to all instances, the old one kept for its last tokens', async () => {
    const [first] = (await kidsOf(auth.url)) as [string]
    const clock = (days: number) => ({ now: () => new Date(Date.now() + days * DAY_MS) })
    const { username, password } = await auth.join()

    await using soon = await auth.startAnother({}, clock(29.5))
    const published = await kidsOf(soon.url)
    assert.deepEqual(published.length, 2)
    const [, second] = published as [string, string]
    await eventually(async () => assert.deepEqual(await kidsOf(auth.url), [first, second]))
    const early = await soon.api.login(username, password)
    assert.equal(kidOf(early.body?.data?.access_token), first, 'what was just published does not sign')

    await using together = await auth.startAnother({}, clock(29.5))
    assert.deepEqual(await kidsOf(together.url), [first, second], 'two instances make one key')

    await using later = await auth.startAnother({}, clock(30.6))
    const token = (await later.api.login(username, password)).body?.data?.access_token
    assert.equal(kidOf(token), second)
    const verifier = await auth.api.put('/auth/update-password', {}, { token: token ?? '' })
    assert.deepEqual(refusal(verifier), validationFailed, 'an instance that still signs by the first knows the second')
    assert.deepEqual(await kidsOf(later.url), [second])
  })

  test('sealed by another secret stops the start with a sentence that says so', async () => {
    const start = auth.startAnother({ KEY_ENCRYPTION_SECRET: 'a-secret-that-is-not-the-one-of-before' })
    await assert.rejects(start, /cannot be opened: KEY_ENCRYPTION_SECRET is not the one it was sealed with/)
  })

  test('says when the next key is due', async () => {
    const seconds = Number(/auth_signing_key_expires_seconds ([\d.e+-]+)/.exec(await auth.metrics())?.[1])
    assert.ok(seconds > 0 && seconds <= 30 * 24 * 3_600, String(seconds))
  })
})
