import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt, SignJWT } from 'jose'
import { Secret } from '../runtime/config.ts'
import { createServiceTokens } from './service-token.ts'

const secret = new Secret('a secret between services, long enough')
const auth = createServiceTokens({ secret, service: 'auth' })
const users = createServiceTokens({ secret, service: 'users' })
const REFUSED = { kind: 'unauthenticated', message: 'unauthenticated' }

test('a service knows its caller by its token, which is for it alone and lasts 60 seconds', async () => {
  const token = await auth.for('users')
  assert.deepEqual(await users.verify(token), { caller: 'auth' })
  await assert.rejects(createServiceTokens({ secret, service: 'posts' }).verify(token), REFUSED)
  const { iat = 0, exp = 0 } = decodeJwt(token)
  assert.equal(exp - iat, 60)
})

test('a token is used again while it is fresh, and made anew in time', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const own = createServiceTokens({ secret, service: 'auth' })
  const first = await own.for('users')
  t.mock.timers.tick(44_000)
  assert.equal(await own.for('users'), first)
  t.mock.timers.tick(2_000)
  const second = await own.for('users')
  assert.notEqual(second, first)
  await users.verify(first)
  t.mock.timers.tick(20_000)
  await assert.rejects(users.verify(first), REFUSED)
  await users.verify(second)
})

test('another secret, another kind of token, another algorithm or no token at all is refused', async () => {
  const key = new TextEncoder().encode(secret.reveal())
  const sign = (header: { alg: string; typ?: string }) =>
    new SignJWT().setProtectedHeader(header).setIssuer('auth').setAudience('users').setExpirationTime('60s').sign(key)
  const refused = [
    await createServiceTokens({ secret: new Secret('another secret, also long enough.'), service: 'auth' }).for(
      'users',
    ),
    await sign({ alg: 'HS256' }),
    await sign({ alg: 'HS256', typ: 'at+jwt' }),
    await sign({ alg: 'HS512', typ: 'service+jwt' }),
    '',
    'x.y.z',
  ]
  for (const token of refused) await assert.rejects(users.verify(token), REFUSED)
})
