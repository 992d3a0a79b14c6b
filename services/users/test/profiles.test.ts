import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { invalidInput, refusal, refused, userNotFound, validationFailed } from '@pharos/platform/testing/refusals'
import { startUsers } from './users-service.ts'
import type { UsersUnderTest } from './users-service.ts'
import { somebody } from '@pharos/platform/testing/api-client'

let users: UsersUnderTest
before(async () => {
  users = await startUsers()
})
after(() => users[Symbol.asyncDispose]())

describe('GET /users/{id}', () => {
  test('shows a profile without its address to strangers', async () => {
    const ada = await users.join({
      full_name: 'Ada Lovelace',
      bio: 'Engines',
      avatar_url: 'https://example.org/ada.png',
    })
    const { status, body } = await users.api.user(ada.id)
    assert.equal(status, 200)
    assert.deepEqual(body?.data, {
      id: ada.id,
      username: ada.username,
      full_name: 'Ada Lovelace',
      bio: 'Engines',
      avatar_url: 'https://example.org/ada.png',
      created_at: ada.created_at,
      updated_at: ada.updated_at,
    })
    assert.match(ada.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
  })

  test('shows the address to its owner and to admins, to nobody else', async () => {
    const ada = await users.join()
    const bob = await users.join()
    const emailFor = async (token?: string) => (await users.api.user(ada.id, { token })).body?.data?.email
    assert.equal(await emailFor(), undefined)
    assert.equal(await emailFor(ada.token), ada.email)
    assert.equal(await emailFor(bob.token), undefined)
    assert.equal(await emailFor(users.tokenFor(bob.id, 'admin')), ada.email)
    assert.equal(await emailFor('not-a-token'), undefined)
  })

  test('leaves out what is not set', async () => {
    const ada = await users.join()
    const { body } = await users.api.user(ada.id)
    assert.deepEqual(Object.keys(body?.data ?? {}), ['id', 'username', 'created_at', 'updated_at'])
  })

  test('refuses ids that are no integers, below one, or nobody’s', async () => {
    assert.deepEqual(refusal(await users.api.get('/users/abc')), invalidInput)
    assert.deepEqual(refusal(await users.api.get('/users/1.5')), invalidInput)
    assert.deepEqual(refusal(await users.api.get('/users/0')), validationFailed)
    assert.deepEqual(refusal(await users.api.get('/users/-3')), validationFailed)
    assert.deepEqual(refusal(await users.api.get('/users/9007199254740991')), userNotFound)
  })

  test('answers 304 to who has the version already, until it changes', async () => {
    const ada = await users.join()
    const first = await users.api.user(ada.id)
    const etag = first.headers['etag'] as string
    const conditional = { headers: { 'if-none-match': etag } }
    const unchanged = await users.api.user(ada.id, conditional)
    assert.deepEqual([unchanged.status, unchanged.text], [304, ''])
    const own = await users.api.user(ada.id, { ...conditional, token: ada.token })
    assert.equal(own.status, 200)
    await users.api.put(`/users/${ada.id}`, { bio: 'new' }, { token: ada.token })
    const changed = await users.api.user(ada.id, conditional)
    assert.equal(changed.status, 200)
    assert.notEqual(changed.headers['etag'], etag)
  })
})

describe('GET /users/username/{username}', () => {
  test('finds the profile in any case, also after it has changed its name', async () => {
    const ada = await users.join()
    const path = (name: string) => `/users/username/${name}`
    assert.equal((await users.api.get<{ id: number }>(path(ada.username.toUpperCase()))).body?.data?.id, ada.id)
    assert.equal((await users.api.get<{ id: number }>(path(ada.username))).body?.data?.id, ada.id)
    const { username } = somebody()
    await users.api.put(`/users/${ada.id}`, { username }, { token: ada.token })
    assert.deepEqual(refusal(await users.api.get(path(ada.username))), userNotFound)
    assert.equal((await users.api.get<{ id: number }>(path(username))).body?.data?.id, ada.id)
    const heir = await users.join({ username: ada.username })
    assert.equal((await users.api.get<{ id: number }>(path(ada.username))).body?.data?.id, heir.id)
  })

  test('shows the address to the owner alone', async () => {
    const ada = await users.join()
    const read = async (token?: string) =>
      (await users.api.get<{ email?: string }>(`/users/username/${ada.username}`, { token })).body?.data?.email
    assert.equal(await read(), undefined)
    assert.equal(await read(ada.token), ada.email)
  })

  test('refuses names that are nobody’s or too long', async () => {
    assert.deepEqual(refusal(await users.api.get('/users/username/no.body')), userNotFound)
    assert.deepEqual(refusal(await users.api.get(`/users/username/${'a'.repeat(64)}`)), userNotFound)
    assert.deepEqual(refusal(await users.api.get(`/users/username/${'a'.repeat(65)}`)), validationFailed)
    assert.deepEqual(refusal(await users.api.get('/users/username/a%00b')), validationFailed)
  })
})

describe('GET /users/email/{email}', () => {
  test('shows the profile with its address to who knows it, in any case', async () => {
    const ada = await users.join()
    const { status, body } = await users.api.get<{ id: number; email: string }>(
      `/users/email/${ada.email.toUpperCase()}`,
    )
    assert.equal(status, 200)
    assert.deepEqual([body?.data?.id, body?.data?.email], [ada.id, ada.email])
  })

  test('refuses what is no address and addresses of nobody', async () => {
    assert.deepEqual(refusal(await users.api.get('/users/email/nobody@example.org')), userNotFound)
    assert.deepEqual(refusal(await users.api.get('/users/email/nobody')), validationFailed)
    assert.deepEqual(refusal(await users.api.get('/users/email/%20')), validationFailed)
    assert.deepEqual(refusal(await users.api.get('/users/email/%ZZ')), invalidInput)
  })
})

describe('the internal operations', () => {
  test('create a profile as it was given, with the address in the answer', async () => {
    const person = { ...somebody(), full_name: 'Ada', bio: '', avatar_url: 'https://example.org/a.png' }
    const { status, body } = await users.createProfile(person)
    assert.equal(status, 201)
    const { id, created_at, updated_at, ...rest } = body?.data ?? { id: 0, created_at: '', updated_at: '-' }
    assert.deepEqual(rest, {
      username: person.username,
      email: person.email,
      full_name: 'Ada',
      avatar_url: person.avatar_url,
    })
    assert.ok(id >= 1)
    assert.equal(created_at, updated_at)
  })

  test('create one profile and one event for a key, also when both requests come at once', async () => {
    const person = somebody()
    const answers = await Promise.all([1, 2, 3, 4].map(() => users.createProfile(person, `key-of-${person.username}`)))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201, 201, 201],
    )
    const ids = new Set(answers.map(({ body }) => body?.data?.id))
    assert.equal(ids.size, 1)
    const [id] = ids
    const mine = (await users.events()).filter(({ key }) => key === String(id))
    assert.deepEqual(mine, [
      {
        type: 'user.created',
        key: String(id),
        data: { id, username: person.username, email: person.email, version: 1 },
      },
    ])
  })

  test('refuse names and addresses that are taken, in any case', async () => {
    const ada = await users.join()
    const other = somebody()
    assert.deepEqual(
      refusal(await users.createProfile({ ...other, username: ada.username.toUpperCase() })),
      refused(409, 'username already exists', 'USER_USERNAME_EXISTS'),
    )
    assert.deepEqual(
      refusal(await users.createProfile({ ...other, email: ada.email.toUpperCase() })),
      refused(409, 'email already exists', 'USER_EMAIL_EXISTS'),
    )
    assert.equal((await users.createProfile(other)).status, 201)
  })

  test('give the card of a user', async () => {
    const ada = await users.join({ full_name: 'Ada', bio: 'Engines' })
    const { body } = await users.internal('GET', `/users/${ada.id}`)
    const { id, username, email } = ada
    assert.deepEqual(body?.data, { id, username, email, full_name: 'Ada', bio: 'Engines', version: 1 })
    assert.deepEqual(refusal(await users.internal('GET', '/users/9007199254740991')), userNotFound)
  })

  test('are for services only', async () => {
    const ada = await users.join()
    const unauthenticated = refused(401, 'unauthenticated', 'UNAUTHENTICATED')
    assert.deepEqual(refusal(await users.api.get(`//internal/users/${ada.id}`)), unauthenticated)
    assert.deepEqual(refusal(await users.api.get(`//internal/users/${ada.id}`, { token: ada.token })), unauthenticated)
  })
})
