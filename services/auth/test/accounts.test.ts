import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { UserView } from '@pharos/platform/contracts/http/users'
import { statement } from '@pharos/platform/postgres/statement'
import { somebody } from '@pharos/platform/testing/api-client'
import {
  invalidInput,
  invalidToken,
  refusal,
  unauthenticated,
  userNotFound,
  validationFailed,
} from '@pharos/platform/testing/refusals'
import {
  emailTaken,
  invalidCredentials,
  invalidRefreshToken,
  startAuth,
  tooManyAttempts,
  usernameTaken,
} from './auth-service.ts'
import type { AuthUnderTest } from './auth-service.ts'

let auth: AuthUnderTest
before(async () => {
  auth = await startAuth()
})
after(() => auth[Symbol.asyncDispose]())

const WRONG = 'wrong-password'

describe('POST /auth/register', () => {
  test('gives a pair of tokens that work, and the account can log in by both names in any case', async () => {
    const person = somebody({ full_name: 'Ada Lovelace', bio: 'Engines', avatar_url: 'https://example.org/ada.png' })
    const { status, body } = await auth.api.register(person)
    assert.equal(status, 201)
    assert.equal(body?.status, 201)
    assert.equal(body?.data?.token_type, 'Bearer')
    assert.equal(body?.data?.expires_in, 900)
    assert.match(body?.data?.refresh_token ?? '', /^phr_[\w-]{43}$/)
    assert.deepEqual(refusal(await auth.tryToken(body?.data?.access_token ?? '')), validationFailed)
    assert.equal((await auth.api.login(person.username.toUpperCase(), person.password)).status, 200)
    assert.equal((await auth.api.login(person.email.toUpperCase(), person.password)).status, 200)
    const profile = await auth.usersApi.get<UserView>(`/users/username/${person.username}`)
    assert.equal(profile.body?.data?.full_name, 'Ada Lovelace')
    assert.equal(profile.body?.data?.bio, 'Engines')
  })

  test('refuses a taken name or address, whatever its case', async () => {
    const ada = await auth.join()
    const { username, email } = somebody()
    const again = (more: object) => auth.api.register({ username, email, password: ada.password, ...more })
    assert.deepEqual(refusal(await again({ username: ada.username.toUpperCase() })), usernameTaken)
    assert.deepEqual(refusal(await again({ email: ada.email.toUpperCase() })), emailTaken)
  })

  test('refuses what breaks a rule, and what is no JSON of the right types', async () => {
    const faults = [
      { username: 'ab' },
      { username: 'a b c' },
      { username: 'x'.repeat(33) },
      { email: 'nobody' },
      { password: '12345' },
      { password: 'x'.repeat(129) },
      { password: 'nul\u0000nul' },
      { full_name: 'x'.repeat(101) },
      { avatar_url: 'ftp://x' },
      { username: undefined },
    ]
    for (const fault of faults) {
      const answer = await auth.api.post('/auth/register', { ...somebody(), ...fault })
      assert.deepEqual(refusal(answer), validationFailed, JSON.stringify(fault))
      assert.equal(answer.body?.details?.[0]?.path, Object.keys(fault)[0])
    }
    assert.deepEqual(refusal(await auth.api.post('/auth/register', { ...somebody(), password: 123456 })), invalidInput)
    assert.deepEqual(refusal(await auth.api.request('POST', '/auth/register', { text: '{' })), invalidInput)
  })

  test('counts a password in code points, up to 128 of them and to the last', async () => {
    const password = '🐎'.repeat(128)
    const person = await auth.join({ password })
    assert.equal((await auth.api.login(person.username, password)).status, 200)
    assert.deepEqual(refusal(await auth.api.login(person.username, '🐎'.repeat(127))), invalidCredentials)
    assert.deepEqual(refusal(await auth.api.register(somebody({ password: '🐎'.repeat(129) }))), validationFailed)
  })

  test('stores neither password nor refresh token', async () => {
    const person = await auth.join()
    const all = statement(
      'test.everything',
      `SELECT string_agg(t::text, ' ') AS text FROM (
         SELECT c::text AS t FROM credentials c UNION ALL SELECT s::text FROM sessions s
         UNION ALL SELECT r::text FROM refresh_tokens r UNION ALL SELECT g::text FROM registrations g) AS everything`,
    )
    const [row] = await auth.db.statement<{ text: string }>(all, [])
    assert.ok(row && row.text.includes(person.username))
    assert.ok(!row.text.includes(person.password))
    assert.ok(!row.text.includes(person.tokens.refresh_token))
  })
})

describe('POST /users', () => {
  test('creates an account for somebody else, shows its address, and it can log in', async () => {
    const { tokens } = await auth.join()
    const person = somebody({ bio: 'Notes' })
    const { status, body } = await auth.api.post<UserView>('/users', person, { token: tokens.access_token })
    assert.equal(status, 201)
    assert.ok(body?.data)
    const { id, created_at, updated_at, ...rest } = body.data
    assert.ok(id > 0 && created_at === updated_at)
    assert.deepEqual(rest, { username: person.username, email: person.email, bio: 'Notes' })
    assert.equal((await auth.api.login(person.email, person.password)).status, 200)
  })

  test('refuses strangers first, then faults, then taken names', async () => {
    const ada = await auth.join()
    const token = ada.tokens.access_token
    assert.deepEqual(refusal(await auth.api.post('/users', {})), unauthenticated)
    assert.deepEqual(refusal(await auth.api.post('/users', {}, { token: 'nonsense' })), invalidToken)
    assert.deepEqual(refusal(await auth.api.post('/users', {}, { token })), validationFailed)
    const taken = { ...somebody(), username: ada.username }
    assert.deepEqual(refusal(await auth.api.post('/users', taken, { token })), usernameTaken)
    const takenEmail = { ...somebody(), email: ada.email }
    assert.deepEqual(refusal(await auth.api.post('/users', takenEmail, { token })), emailTaken)
  })
})

describe('POST /auth/login', () => {
  test('refuses a wrong password, an unknown login and what breaks a rule', async () => {
    const ada = await auth.join()
    assert.deepEqual(refusal(await auth.api.login(ada.username, WRONG)), invalidCredentials)
    assert.deepEqual(refusal(await auth.api.login('nobody-of-that-name', WRONG)), userNotFound)
    assert.deepEqual(refusal(await auth.api.login('nobody@example.org', WRONG)), userNotFound)
    assert.deepEqual(refusal(await auth.api.post('/auth/login', { login: ada.username })), validationFailed)
    assert.deepEqual(refusal(await auth.api.login('nul\u0000', WRONG)), validationFailed)
    assert.deepEqual(refusal(await auth.api.post('/auth/login', { login: 1, password: WRONG })), invalidInput)
  })

  test('locks an account after five failures, also for the right password, and publishes it once', async () => {
    const ada = await auth.join()
    for (let count = 0; count < 5; count += 1) {
      const login = count % 2 ? ada.username : ada.email
      assert.deepEqual(refusal(await auth.api.login(login, WRONG)), invalidCredentials)
    }
    for (const password of [ada.password, WRONG]) {
      const answer = await auth.api.login(ada.username, password)
      assert.deepEqual(refusal(answer), tooManyAttempts)
      assert.ok(Number(answer.headers['retry-after']) > 890)
    }
    const locks = (await auth.events()).filter(({ type, key }) => type === 'user.locked' && key === String(ada.id))
    assert.equal(locks.length, 1)
    assert.ok(Date.parse(locks[0]?.data['locked_until'] as string) > Date.now() + 890_000)
  })

  test('five failures in parallel are all it takes, and a success in between starts anew', async () => {
    const ada = await auth.join()
    for (let count = 0; count < 4; count += 1) await auth.api.login(ada.username, WRONG)
    assert.equal((await auth.api.login(ada.username, ada.password)).status, 200)
    const answers = await Promise.all(Array.from({ length: 12 }, () => auth.api.login(ada.username, WRONG)))
    assert.equal(answers.filter(({ status }) => status === 401).length, 5)
    assert.equal(answers.filter(({ status }) => status === 429).length, 7)
  })

  test('right passwords in parallel are no lock', async () => {
    const ada = await auth.join()
    const answers = await Promise.all(Array.from({ length: 16 }, () => auth.api.login(ada.username, ada.password)))
    assert.ok(answers.every(({ status }) => status === 200))
  })

  test('counts attempts by outcome', async () => {
    const ada = await auth.join()
    await auth.api.login(ada.username, ada.password)
    await auth.api.login(ada.username, WRONG)
    const metrics = await auth.metrics()
    for (const outcome of ['ok', 'invalid_credentials', 'user_not_found', 'too_many_attempts']) {
      assert.match(metrics, new RegExp(`auth_attempts_total\\{operation="login",outcome="${outcome}"\\} [1-9]`))
    }
  })
})

describe('POST /auth/refresh', () => {
  test('gives a new pair, once', async () => {
    const ada = await auth.join()
    const { status, body } = await auth.refresh(ada.tokens.refresh_token)
    assert.equal(status, 200)
    assert.notEqual(body?.data?.refresh_token, ada.tokens.refresh_token)
    assert.deepEqual(refusal(await auth.tryToken(body?.data?.access_token ?? '')), validationFailed)
    assert.equal((await auth.refresh(body?.data?.refresh_token ?? '')).status, 200)
  })

  test('a spent token ends the family: its young token, its access tokens; it is counted and published once', async () => {
    const ada = await auth.join()
    const other = await auth.api.login(ada.username, ada.password)
    const reuses = async () => Number(/auth_refresh_reuse_total (\d+)/.exec(await auth.metrics())?.[1])
    const reusesBefore = await reuses()
    const second = (await auth.refresh(ada.tokens.refresh_token)).body?.data
    for (let count = 0; count < 3; count += 1) {
      assert.deepEqual(refusal(await auth.refresh(ada.tokens.refresh_token)), invalidRefreshToken)
    }
    assert.deepEqual(refusal(await auth.refresh(second?.refresh_token ?? '')), invalidRefreshToken)
    assert.deepEqual(refusal(await auth.tryToken(second?.access_token ?? '')), unauthenticated)
    assert.deepEqual(refusal(await auth.tryToken(ada.tokens.access_token)), unauthenticated)
    assert.equal((await auth.refresh(other.body?.data?.refresh_token ?? '')).status, 200, 'another session lives on')
    assert.equal(await reuses(), reusesBefore + 1)
    const published = (await auth.events()).filter(
      ({ type, key }) => type === 'session.reuse-detected' && key === String(ada.id),
    )
    assert.equal(published.length, 1)
  })

  test('of many at once with the same token at most one gets a pair, and none of it outlives the re-use', async () => {
    const ada = await auth.join()
    const answers = await Promise.all(Array.from({ length: 8 }, () => auth.refresh(ada.tokens.refresh_token)))
    const won = answers.filter(({ status }) => status === 200)
    assert.equal(won.length, 1)
    assert.deepEqual(refusal(await auth.refresh(won[0]?.body?.data?.refresh_token ?? '')), invalidRefreshToken)
    assert.deepEqual(refusal(await auth.tryToken(won[0]?.body?.data?.access_token ?? '')), unauthenticated)
  })

  test('refuses unknown and expired tokens, access tokens and faulty input', async () => {
    const ada = await auth.join()
    assert.deepEqual(refusal(await auth.refresh('phr_unknown')), invalidRefreshToken)
    assert.deepEqual(refusal(await auth.refresh(ada.tokens.access_token)), invalidRefreshToken)
    const expire = statement(
      'test.expire',
      `UPDATE refresh_tokens SET expires_at = now() FROM sessions WHERE session_id = sessions.id AND user_id = $1`,
    )
    await auth.db.statement(expire, [ada.id])
    assert.deepEqual(refusal(await auth.refresh(ada.tokens.refresh_token)), invalidRefreshToken)
    assert.deepEqual(refusal(await auth.api.post('/auth/refresh', {})), validationFailed)
    assert.deepEqual(refusal(await auth.api.post('/auth/refresh', { refresh_token: 1 })), invalidInput)
  })
})

describe('POST /auth/logout', () => {
  test('ends the session before it answers, once, and no other session', async () => {
    const ada = await auth.join()
    const other = (await auth.api.login(ada.username, ada.password)).body?.data
    const { status, body } = await auth.logout(ada.tokens.refresh_token)
    assert.equal(status, 200)
    assert.equal(body?.data, undefined)
    assert.deepEqual(refusal(await auth.tryToken(ada.tokens.access_token)), unauthenticated)
    assert.deepEqual(refusal(await auth.logout(ada.tokens.refresh_token)), invalidRefreshToken)
    assert.deepEqual(refusal(await auth.refresh(ada.tokens.refresh_token)), invalidRefreshToken)
    assert.deepEqual(refusal(await auth.tryToken(other?.access_token ?? '')), validationFailed)
  })

  test('refuses unknown and spent tokens and faulty input', async () => {
    const ada = await auth.join()
    await auth.refresh(ada.tokens.refresh_token)
    assert.deepEqual(refusal(await auth.logout(ada.tokens.refresh_token)), invalidRefreshToken)
    assert.deepEqual(refusal(await auth.logout('phr_unknown')), invalidRefreshToken)
    assert.deepEqual(refusal(await auth.api.post('/auth/logout', {})), validationFailed)
  })
})

describe('POST and PUT /auth/update-password', () => {
  for (const method of ['POST', 'PUT']) {
    test(`${method} sets the password and ends every session before it answers`, async () => {
      const ada = await auth.join()
      const other = (await auth.api.login(ada.username, ada.password)).body?.data
      const answer = await auth.api.request(method, '/auth/update-password', {
        body: { old_password: ada.password, new_password: 'battery-staple' },
        token: ada.tokens.access_token,
      })
      assert.equal(answer.status, 200)
      assert.equal(answer.body?.message, 'Password updated successfully')
      for (const tokens of [ada.tokens, other]) {
        assert.deepEqual(refusal(await auth.tryToken(tokens?.access_token ?? '')), unauthenticated)
        assert.deepEqual(refusal(await auth.refresh(tokens?.refresh_token ?? '')), invalidRefreshToken)
      }
      assert.deepEqual(refusal(await auth.api.login(ada.username, ada.password)), invalidCredentials)
      assert.equal((await auth.api.login(ada.username, 'battery-staple')).status, 200)
      const changes = (await auth.events()).filter(
        ({ type, key }) => type === 'password.changed' && key === String(ada.id),
      )
      assert.equal(changes.length, 1)
      const named = changes[0]?.data['revoked_session_ids']
      assert.ok(Array.isArray(named) && named.length === 2)
    })
  }

  test('refuses strangers, a wrong old password, faulty new ones, and locks after five failures', async () => {
    const ada = await auth.join()
    const token = ada.tokens.access_token
    const change = (old_password: unknown, new_password: unknown, options: { token?: string } = { token }) =>
      auth.api.put('/auth/update-password', { old_password, new_password }, options)
    assert.deepEqual(refusal(await change(ada.password, 'battery-staple', {})), unauthenticated)
    assert.deepEqual(refusal(await change(ada.password, '12345')), validationFailed)
    assert.deepEqual(refusal(await change(ada.password, undefined)), validationFailed)
    assert.deepEqual(refusal(await change(ada.password, 123456)), invalidInput)
    for (let count = 0; count < 5; count += 1) {
      assert.deepEqual(refusal(await change(WRONG, 'battery-staple')), invalidCredentials)
    }
    assert.deepEqual(refusal(await change(ada.password, 'battery-staple')), tooManyAttempts)
  })

  test('a login with the old password while it changes leaves no session behind', async () => {
    const ada = await auth.join()
    const [, ...logins] = await Promise.all([
      auth.api.put(
        '/auth/update-password',
        { old_password: ada.password, new_password: 'battery-staple' },
        { token: ada.tokens.access_token },
      ),
      ...Array.from({ length: 4 }, () => auth.api.login(ada.username, ada.password)),
    ])
    for (const { body } of logins) {
      if (!body?.data) continue
      assert.deepEqual(refusal(await auth.refresh(body.data.refresh_token)), invalidRefreshToken)
    }
  })
})
