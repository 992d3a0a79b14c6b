import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { statement } from '@pharos/platform/postgres/statement'
import { Secret } from '@pharos/platform/runtime/config'
import { somebody } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import { testTopics } from '@pharos/platform/testing/stores'
import { refusal, unauthenticated, userNotFound } from '@pharos/platform/testing/refusals'
import { invalidCredentials, invalidRefreshToken, startAuth, tooManyAttempts } from './auth-service.ts'
import type { AuthUnderTest } from './auth-service.ts'

let stack: AsyncDisposableStack
let auth: AuthUnderTest
before(async () => {
  stack = new AsyncDisposableStack()
  const kafka = stack.use(await testTopics({ only: ['pharos.users.v1', 'pharos.auth.v1'] }))
  auth = stack.use(await startAuth({ kafka }))
})
after(() => stack.disposeAsync())

const sessionsOf = statement('test.sessions', 'SELECT count(*) AS count FROM sessions WHERE user_id = $1')
const accountOf = statement('test.account', 'SELECT username, names_version FROM credentials WHERE user_id = $1')
const inboxSize = statement('test.inbox-size', 'SELECT count(*) AS count FROM inbox')
const handled = async (): Promise<number> =>
  (await auth.db.statement<{ count: number }>(inboxSize, []))[0]?.count ?? Number.NaN

describe('what users publishes', () => {
  test('a new name is the one to log in with, and the old one is unknown', async () => {
    const ada = await auth.join()
    const { username, email } = somebody()
    const token = ada.tokens.access_token
    const change = await auth.usersApi.put(`/users/${ada.id}`, { username, email }, { token })
    assert.equal(change.status, 200, change.text)
    await eventually(async () => assert.equal((await auth.api.login(username, ada.password)).status, 200))
    assert.equal((await auth.api.login(email, ada.password)).status, 200)
    assert.deepEqual(refusal(await auth.api.login(ada.username, ada.password)), userNotFound)
    assert.deepEqual(refusal(await auth.api.login(ada.email, ada.password)), userNotFound)
    assert.deepEqual(await auth.db.statement(accountOf, [ada.id]), [{ username, names_version: 2 }])
  })

  test('a change of anything but the names is none of its concern', async () => {
    const ada = await auth.join()
    const token = ada.tokens.access_token
    const { username } = somebody()
    const earlier = await handled()
    assert.equal((await auth.usersApi.put(`/users/${ada.id}`, { bio: 'Engines' }, { token })).status, 200)
    assert.equal((await auth.usersApi.put(`/users/${ada.id}`, { username }, { token })).status, 200)
    await eventually(async () =>
      assert.deepEqual(await auth.db.statement(accountOf, [ada.id]), [{ username, names_version: 3 }]),
    )
    assert.equal(await handled(), earlier + 1)
  })

  test('a freed name belongs to who registers it next', async () => {
    const ada = await auth.join()
    const { username } = somebody()
    await auth.usersApi.put(`/users/${ada.id}`, { username }, { token: ada.tokens.access_token })
    await eventually(async () => assert.equal((await auth.api.login(username, ada.password)).status, 200))
    const next = await auth.join({ username: ada.username })
    assert.equal((await auth.api.login(ada.username, next.password)).status, 200)
  })

  test('after a delete nothing works at once, and in a moment nothing is left', async () => {
    const ada = await auth.join()
    const token = ada.tokens.access_token
    assert.equal((await auth.usersApi.delete(`/users/${ada.id}`, { token })).status, 204)
    await eventually(async () => {
      assert.deepEqual(refusal(await auth.api.login(ada.username, ada.password)), userNotFound)
      assert.deepEqual(refusal(await auth.tryToken(token)), unauthenticated)
    })
    assert.deepEqual(refusal(await auth.refresh(ada.tokens.refresh_token)), invalidRefreshToken)
    await eventually(async () => {
      assert.deepEqual(await auth.db.statement(accountOf, [ada.id]), [])
      assert.deepEqual(await auth.db.statement(sessionsOf, [ada.id]), [{ count: 0 }])
    })
    assert.equal((await auth.api.register(ada)).status, 201, 'the name is free again')
    assert.equal((await auth.api.login(ada.username, ada.password)).status, 200)
  })
})

test('what auth publishes leaves the outbox', async () => {
  const ada = await auth.join()
  await auth.refresh(ada.tokens.refresh_token)
  await auth.refresh(ada.tokens.refresh_token)
  await eventually(async () => assert.deepEqual(await auth.events(), []))
})

describe('without Redis', () => {
  test('everything works, and failures are counted by each process', async () => {
    await using alone = await startAuth({ redisUrl: new Secret('redis://127.0.0.1:1') })
    const ada = await alone.join()
    assert.equal((await alone.refresh(ada.tokens.refresh_token)).status, 200)
    assert.equal(
      (await alone.logout((await alone.api.login(ada.email, ada.password)).body?.data?.refresh_token ?? '')).status,
      200,
    )
    for (let count = 0; count < 5; count += 1) {
      assert.deepEqual(refusal(await alone.api.login(ada.username, 'wrong-password')), invalidCredentials)
    }
    assert.deepEqual(refusal(await alone.api.login(ada.username, ada.password)), tooManyAttempts)
    assert.equal((await fetch(`${alone.managementUrl}/readyz`)).status, 200)
  })
})

describe('hidden accounts', () => {
  test('an unknown login is invalid credentials, for the price of a wrong password', async () => {
    await using hidden = await startAuth({ environment: { AUTH_HIDE_ACCOUNTS: 'true' } })
    const verified = async (): Promise<number> =>
      Number(/auth_password_duration_seconds_count\{operation="verify"\} (\d+)/.exec(await hidden.metrics())?.[1] ?? 0)
    const ada = await hidden.join()
    for (const login of [ada.username, 'nobody-of-that-name']) {
      const earlier = await verified()
      assert.deepEqual(refusal(await hidden.api.login(login, 'wrong-password')), invalidCredentials)
      assert.equal(await verified(), earlier + 1)
    }
  })
})
