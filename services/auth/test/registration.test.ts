import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { statement } from '@pharos/platform/postgres/statement'
import { somebody } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import { refusal, refused, userNotFound } from '@pharos/platform/testing/refusals'
import { startAuth, usernameTaken } from './auth-service.ts'
import type { AuthUnderTest } from './auth-service.ts'

let auth: AuthUnderTest
before(async () => {
  auth = await startAuth()
})
after(() => auth[Symbol.asyncDispose]())
beforeEach(() => auth.gate.set('open'))

const usersAway = refused(503, 'service unavailable', 'SERVICE_UNAVAILABLE')
const counts = statement(
  'test.counts',
  `SELECT (SELECT count(*) FROM registrations WHERE username = $1) AS intents,
          (SELECT count(*) FROM credentials WHERE username = $1) AS accounts`,
)
const countsOf = async (username: string) => (await auth.db.statement<object>(counts, [username]))[0]

const canLogIn = async ({ username, password }: { username: string; password: string }): Promise<void> => {
  assert.equal((await auth.api.login(username, password)).status, 200)
  assert.equal((await auth.usersApi.get(`/users/username/${username}`)).status, 200)
}

/** While it is there, credentials can be written by nobody: what a crash before the last step looks like. */
const forbidCredentials = {
  up: statement(
    'test.forbid',
    `CREATE FUNCTION forbid() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '57014'; END $$ LANGUAGE plpgsql`,
  ),
  on: statement('test.forbid-on', 'CREATE TRIGGER forbid BEFORE INSERT ON credentials EXECUTE FUNCTION forbid()'),
  off: statement('test.forbid-off', 'DROP FUNCTION forbid CASCADE'),
}

describe('a registration that is cut off', () => {
  test('before users has heard of it is 503, and is finished once users is back', async () => {
    const person = somebody()
    auth.gate.set('shut')
    assert.deepEqual(refusal(await auth.api.register(person)), usersAway)
    assert.deepEqual(await countsOf(person.username), { intents: 1, accounts: 0 })
    assert.deepEqual(refusal(await auth.api.login(person.username, person.password)), userNotFound)
    auth.gate.set('open')
    await eventually(() => canLogIn(person))
    assert.deepEqual(await countsOf(person.username), { intents: 0, accounts: 1 })
  })

  test('after users has made the profile is 503, and the same profile gets the account', async () => {
    const person = somebody({ bio: 'Engines' })
    auth.gate.set('lose answers')
    assert.deepEqual(refusal(await auth.api.register(person)), usersAway)
    assert.equal((await auth.usersApi.get(`/users/username/${person.username}`)).status, 200)
    assert.deepEqual(await countsOf(person.username), { intents: 1, accounts: 0 })
    auth.gate.set('open')
    await eventually(() => canLogIn(person))
  })

  test('before the credentials is 503, and they follow', async () => {
    const person = somebody()
    await auth.db.statement(forbidCredentials.up, [])
    await auth.db.statement(forbidCredentials.on, [])
    const answer = await auth.api.register(person)
    assert.deepEqual(refusal(answer), refused(503, 'service unavailable', 'SERVICE_UNAVAILABLE'))
    assert.ok(Number(answer.headers['retry-after']) >= 1)
    await auth.db.statement(forbidCredentials.off, [])
    await eventually(() => canLogIn(person))
  })

  test('and is tried again at once meets a conflict, after which the person can log in without waiting', async () => {
    const person = somebody()
    auth.gate.set('lose answers')
    await auth.api.register(person)
    auth.gate.set('open')
    const again = await auth.api.register(person)
    if (again.status !== 201) assert.deepEqual(refusal(again), usernameTaken)
    await canLogIn(person)
  })

  test('and is tried again with another password: the first attempt made the profile, so its password is the one', async () => {
    const person = somebody()
    auth.gate.set('lose answers')
    await auth.api.register(person)
    auth.gate.set('open')
    assert.deepEqual(refusal(await auth.api.register({ ...person, password: 'battery-staple' })), usernameTaken)
    await canLogIn(person)
    assert.equal((await auth.api.login(person.username, 'battery-staple')).status, 401)
  })

  test('by a process that is gone is finished by another instance', async () => {
    const person = somebody()
    const insert = statement(
      'test.insert-intent',
      `INSERT INTO registrations (id, username, email, password_hash, created_at, due_at)
       SELECT gen_random_uuid(), $1, $2, password_hash, now(), now() FROM credentials WHERE user_id = $3`,
    )
    const ada = await auth.join()
    await auth.db.statement(insert, [person.username, person.email, ada.id])
    await eventually(() => canLogIn({ username: person.username, password: ada.password }))
  })

  test('and was refused by users is dropped', async () => {
    const ada = await auth.join()
    const insert = statement(
      'test.insert-taken-intent',
      `INSERT INTO registrations (id, username, email, password_hash, created_at, due_at)
       SELECT gen_random_uuid(), upper(username), 'x' || email, password_hash, now(), now() FROM credentials WHERE user_id = $1`,
    )
    await auth.db.statement(insert, [ada.id])
    await eventually(async () => {
      assert.deepEqual(await countsOf(ada.username.toUpperCase()), { intents: 0, accounts: 0 })
    })
    await canLogIn(ada)
  })
})

describe('users away', () => {
  test('logins, refreshes and password changes work', async () => {
    const ada = await auth.join()
    auth.gate.set('shut')
    assert.equal((await auth.api.login(ada.username, ada.password)).status, 200)
    const { body } = await auth.refresh(ada.tokens.refresh_token)
    assert.equal(body?.status, 200)
    const change = { old_password: ada.password, new_password: 'battery-staple' }
    const token = body?.data?.access_token ?? ''
    assert.equal((await auth.api.put('/auth/update-password', change, { token })).status, 200)
  })
})

test('two people who want the same name at the same time: one gets it, the other is told', async () => {
  const first = somebody()
  const second = { ...somebody(), username: first.username }
  const answers = await Promise.all([auth.api.register(first), auth.api.register(second)])
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201, 409]))
  const [winner] = answers[0].status === 201 ? [first] : [second]
  await canLogIn(winner)
  assert.deepEqual(await countsOf(first.username), { intents: 0, accounts: 1 })
})
