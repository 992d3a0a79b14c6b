import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { UserView } from '@pharos/platform/contracts/http/users'
import { somebody } from '@pharos/platform/testing/api-client'
import { refusal, refused } from '@pharos/platform/testing/refusals'
import { startAuth, usernameTaken } from './auth-service.ts'
import type { AuthUnderTest } from './auth-service.ts'

let auth: AuthUnderTest
before(async () => {
  // No sweep comes in between.
  auth = await startAuth({ environment: { REGISTRATION_SWEEP_AFTER_MS: '600000' } })
})
after(() => auth[Symbol.asyncDispose]())

const usersAway = refused(503, 'service unavailable', 'SERVICE_UNAVAILABLE')

describe('an Idempotency-Key', () => {
  const withKey = (key: string = randomUUID()) => ({ headers: { 'idempotency-key': key } })

  test('gives the same tokens again, which still work, and refuses another body', async () => {
    const person = somebody()
    const options = withKey()
    const first = await auth.api.register(person, options)
    const second = await auth.api.register(person, options)
    assert.equal(second.status, 201)
    assert.deepEqual(second.body?.data, first.body?.data)
    assert.equal(second.headers['idempotency-replayed'], 'true')
    assert.equal((await auth.refresh(second.body?.data?.refresh_token ?? '')).status, 200)
    const other = await auth.api.register({ ...person, password: 'battery-staple' }, options)
    assert.deepEqual(refusal(other), refused(422, 'idempotency key reused', 'IDEMPOTENCY_KEY_REUSED'))
  })

  test('goes on where a registration was cut off, instead of meeting its own profile', async () => {
    for (const state of ['shut', 'lose answers'] as const) {
      const person = somebody()
      const options = withKey()
      auth.gate.set(state)
      assert.deepEqual(refusal(await auth.api.register(person, options)), usersAway)
      auth.gate.set('open')
      const { status, body } = await auth.api.register(person, options)
      assert.equal(status, 201, state)
      assert.equal((await auth.refresh(body?.data?.refresh_token ?? '')).status, 200)
      assert.equal((await auth.api.login(person.username, person.password)).status, 200)
    }
  })

  test('after a refusal starts anew', async () => {
    const ada = await auth.join()
    const person = somebody()
    const options = withKey()
    const taken = { ...person, username: ada.username }
    assert.deepEqual(refusal(await auth.api.register(taken, options)), usernameTaken)
    assert.deepEqual(refusal(await auth.api.register(taken, options)), usernameTaken)
  })

  test('on POST /users belongs to who sends it', async () => {
    const [ada, eve] = [await auth.join(), await auth.join()]
    const person = somebody()
    const { headers } = withKey()
    const create = (token: string) => auth.api.post<UserView>('/users', person, { token, headers })
    const first = await create(ada.tokens.access_token)
    assert.equal(first.status, 201)
    assert.deepEqual((await create(ada.tokens.access_token)).body?.data, first.body?.data)
    assert.deepEqual(refusal(await create(eve.tokens.access_token)), usernameTaken)
  })
})
