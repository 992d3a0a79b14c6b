import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { UserView } from '@pharos/platform/contracts/http/users'
import { somebody } from '@pharos/platform/testing/api-client'
import {
  forbidden,
  invalidInput,
  refusal,
  refused,
  unauthenticated,
  userNotFound,
  validationFailed,
} from '@pharos/platform/testing/refusals'
import { startUsers } from './users-service.ts'
import type { UsersUnderTest } from './users-service.ts'

const usernameTaken = refused(409, 'username already exists', 'USER_USERNAME_EXISTS')
const emailTaken = refused(409, 'email already exists', 'USER_EMAIL_EXISTS')

let users: UsersUnderTest
before(async () => {
  users = await startUsers()
})
after(() => users[Symbol.asyncDispose]())

const eventsOf = async (id: number) => (await users.events()).filter(({ key }) => key === String(id))

/** PUT / and PUT /{id} are one operation in two spellings, so every guarantee is asked of both. */
const spellings = [
  {
    name: 'PUT /users/{id}',
    update: (id: unknown, body: object, token?: string) =>
      users.api.put<UserView>(`/users/${String(id)}`, body, { token }),
  },
  {
    name: 'PUT /users',
    update: (id: unknown, body: object, token?: string) =>
      users.api.put<UserView>('/users', { id, ...body }, { token }),
  },
]

for (const { name, update } of spellings) {
  describe(name, () => {
    test('changes what is given, leaves the rest and can be read at once', async () => {
      const ada = await users.join({ full_name: 'Ada', bio: 'Engines' })
      await users.api.user(ada.id)
      const { status, body } = await update(ada.id, { full_name: 'Ada Lovelace', bio: null, extra: 1 }, ada.token)
      assert.equal(status, 200)
      assert.deepEqual(
        [body?.data?.full_name, body?.data?.bio, body?.data?.email],
        ['Ada Lovelace', 'Engines', ada.email],
      )
      const read = await users.api.user(ada.id, { token: ada.token })
      assert.deepEqual(read.body?.data, body?.data)
      assert.ok((read.body?.data?.updated_at ?? '') >= ada.updated_at)
    })

    test('changes username and address, by which the profile is then found', async () => {
      const ada = await users.join()
      const { username, email } = somebody()
      assert.equal((await update(ada.id, { username, email }, ada.token)).status, 200)
      assert.equal((await users.api.get(`/users/username/${username}`)).status, 200)
      assert.equal((await users.api.get(`/users/email/${email}`)).status, 200)
      assert.equal((await users.api.get(`/users/username/${ada.username}`)).status, 404)
      assert.equal((await users.api.get(`/users/email/${ada.email}`)).status, 404)
    })

    test('clears a text that is given empty', async () => {
      const ada = await users.join({ full_name: 'Ada', bio: 'Engines' })
      const { body } = await update(ada.id, { full_name: '', bio: '' }, ada.token)
      assert.deepEqual(['full_name' in (body?.data ?? {}), 'bio' in (body?.data ?? {})], [false, false])
    })

    test('tells of a change once, with the next version, and not of a change of nothing', async () => {
      const ada = await users.join()
      await update(ada.id, { full_name: 'Ada' }, ada.token)
      await update(ada.id, { full_name: 'Ada' }, ada.token)
      await update(ada.id, {}, ada.token)
      assert.deepEqual((await eventsOf(ada.id)).slice(1), [
        {
          type: 'user.updated',
          key: String(ada.id),
          data: {
            id: ada.id,
            username: ada.username,
            email: ada.email,
            full_name: 'Ada',
            version: 2,
            changed: ['full_name'],
          },
        },
      ])
    })

    test('keeps every one of many changes at once', async () => {
      const ada = await users.join()
      const answers = await Promise.all([
        update(ada.id, { bio: 'Engines' }, ada.token),
        update(ada.id, { full_name: 'Ada' }, ada.token),
        update(ada.id, { username: ada.username.toUpperCase() }, ada.token),
      ])
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200],
      )
      const { body } = await users.api.get<UserView>(`/users/${ada.id}`)
      assert.deepEqual(
        [body?.data?.bio, body?.data?.full_name, body?.data?.username],
        ['Engines', 'Ada', ada.username.toUpperCase()],
      )
      const versions = (await eventsOf(ada.id)).map(({ data }) => data['version'])
      assert.deepEqual(versions, [1, 2, 3, 4])
    })

    test('refuses names and addresses of others in any case, and changes nothing then', async () => {
      const ada = await users.join()
      const bob = await users.join()
      assert.deepEqual(
        refusal(await update(ada.id, { username: bob.username.toUpperCase() }, ada.token)),
        usernameTaken,
      )
      assert.deepEqual(
        refusal(await update(ada.id, { bio: 'x', email: bob.email.toUpperCase() }, ada.token)),
        emailTaken,
      )
      assert.equal((await users.api.get<UserView>(`/users/${ada.id}`)).body?.data?.bio, undefined)
      assert.equal((await eventsOf(ada.id)).length, 1)
      assert.equal((await update(ada.id, { username: ada.username.toUpperCase() }, ada.token)).status, 200)
    })

    test('checks who asks, then what is asked, then whose it is, then whether it is there', async () => {
      const ada = await users.join()
      const bob = await users.join()
      assert.deepEqual(refusal(await update(ada.id, { username: '!' })), unauthenticated)
      assert.deepEqual(
        refusal(await update(ada.id, { username: '!' }, 'nonsense')),
        refused(401, 'invalid token', 'INVALID_TOKEN'),
      )
      assert.deepEqual(refusal(await update(bob.id, { username: '!' }, ada.token)), validationFailed)
      assert.deepEqual(refusal(await update(bob.id, { full_name: 'a'.repeat(101) }, ada.token)), validationFailed)
      assert.deepEqual(refusal(await update(bob.id, { bio: 'a'.repeat(501) }, ada.token)), validationFailed)
      assert.deepEqual(refusal(await update(bob.id, { bio: 'a\u0000b' }, ada.token)), validationFailed)
      assert.deepEqual(refusal(await update(bob.id, { email: 'nobody' }, ada.token)), validationFailed)
      assert.deepEqual(refusal(await update(bob.id, { bio: 7 }, ada.token)), invalidInput)
      assert.deepEqual(refusal(await update(0, { bio: 'x' }, ada.token)), validationFailed)
      assert.deepEqual(refusal(await update('x', { bio: 'x' }, ada.token)), invalidInput)
      assert.deepEqual(refusal(await update(bob.id, { bio: 'x' }, ada.token)), forbidden)
      assert.deepEqual(refusal(await update(bob.id, { bio: 'x' }, users.tokenFor(ada.id, 'admin'))), forbidden)
      assert.deepEqual(refusal(await update(900_000_001, { bio: 'x' }, ada.token)), forbidden)
      assert.deepEqual(refusal(await update(900_000_001, { bio: 'x' }, users.tokenFor(900_000_001))), userNotFound)
    })

    test('refuses half a character, which no store takes', async () => {
      const ada = await users.join()
      assert.deepEqual(refusal(await update(ada.id, { full_name: 'a\ud800b' }, ada.token)), validationFailed)
    })

    test('takes any other text and shows what it has kept', async () => {
      const ada = await users.join()
      for (const full_name of ['\u0001', '\ufffe', '💥 \u202e']) {
        const { status, body } = await update(ada.id, { full_name }, ada.token)
        assert.deepEqual([status, body?.data?.full_name], [200, full_name])
        assert.deepEqual((await users.api.user(ada.id, { token: ada.token })).body?.data, body?.data)
      }
    })

    test('says which field is wrong', async () => {
      const ada = await users.join()
      const { body } = await update(ada.id, { username: 'a' }, ada.token)
      assert.deepEqual(body?.details, [{ path: 'username', message: 'must have at least 3 characters' }])
    })
  })
}

test('PUT /users wants the id in the body', async () => {
  const ada = await users.join()
  assert.deepEqual(refusal(await users.api.put('/users', { bio: 'x' }, { token: ada.token })), validationFailed)
  assert.deepEqual(refusal(await users.api.put('/users', { id: '1', bio: 'x' }, { token: ada.token })), invalidInput)
  assert.equal((await users.api.put('/users/', { id: ada.id, bio: 'x' }, { token: ada.token })).status, 200)
})

describe('PUT /users/avatar', () => {
  const change = (avatar_url: unknown, token?: string) =>
    users.api.put<UserView>('/users/avatar', { avatar_url }, { token })

  test('changes the avatar of who asks', async () => {
    const ada = await users.join()
    const { status, body } = await change('https://example.org/ada.png', ada.token)
    assert.deepEqual([status, body?.data?.avatar_url], [200, 'https://example.org/ada.png'])
    assert.equal(
      (await users.api.get<UserView>(`/users/${ada.id}`)).body?.data?.avatar_url,
      'https://example.org/ada.png',
    )
    assert.equal((await eventsOf(ada.id)).at(-1)?.data['avatar_url'], 'https://example.org/ada.png')
  })

  test('refuses what is no web address, who is not signed in and who is gone', async () => {
    const ada = await users.join()
    assert.deepEqual(refusal(await change('https://example.org/a.png')), unauthenticated)
    for (const wrong of [
      '',
      'ada.png',
      'ftp://example.org/a.png',
      `https://example.org/${'a'.repeat(512)}`,
      undefined,
    ]) {
      assert.deepEqual(refusal(await change(wrong, ada.token)), validationFailed)
    }
    assert.deepEqual(refusal(await change(7, ada.token)), invalidInput)
    assert.deepEqual(refusal(await change('https://example.org/a.png', users.tokenFor(900_000_001))), userNotFound)
  })
})

describe('DELETE /users/{id}', () => {
  test('removes the profile at once, ends every session and frees the names', async () => {
    const ada = await users.join()
    const elsewhere = users.tokenFor(ada.id)
    await users.api.user(ada.id)
    const { status, text } = await users.api.delete(`/users/${ada.id}`, { token: ada.token })
    assert.deepEqual([status, text], [204, ''])
    assert.deepEqual(refusal(await users.api.user(ada.id)), userNotFound)
    assert.deepEqual(refusal(await users.api.get(`/users/username/${ada.username}`)), userNotFound)
    assert.deepEqual(refusal(await users.api.get(`/users/email/${ada.email}`)), userNotFound)
    assert.deepEqual(
      refusal(await users.api.put(`/users/${ada.id}`, { bio: 'x' }, { token: elsewhere })),
      unauthenticated,
    )
    assert.deepEqual((await eventsOf(ada.id)).at(-1), {
      type: 'user.deleted',
      key: String(ada.id),
      data: { id: ada.id, version: 2 },
    })
    assert.equal((await users.createProfile({ username: ada.username, email: ada.email })).status, 201)
  })

  test('tells of a deletion once, however often it is asked for at the same time', async () => {
    const ada = await users.join()
    const answers = await Promise.all([1, 2, 3].map(() => users.api.delete(`/users/${ada.id}`, { token: ada.token })))
    // The others find nobody, or are not signed in any more, as they come before or after the first has ended.
    const others = answers.map(({ status }) => status).filter((status) => status !== 204)
    assert.equal(others.length, 2)
    assert.ok(others.every((status) => status === 404 || status === 401))
    const deletions = (await eventsOf(ada.id)).filter(({ type }) => type === 'user.deleted')
    assert.equal(deletions.length, 1)
  })

  test('checks who asks, then the id, then whose it is, then whether it is there', async () => {
    const ada = await users.join()
    const bob = await users.join()
    const remove = (id: unknown, token?: string) => users.api.delete(`/users/${String(id)}`, { token })
    assert.deepEqual(refusal(await remove(ada.id)), unauthenticated)
    assert.deepEqual(refusal(await remove('x', ada.token)), invalidInput)
    assert.deepEqual(refusal(await remove(0, ada.token)), validationFailed)
    assert.deepEqual(refusal(await remove(bob.id, ada.token)), forbidden)
    assert.deepEqual(refusal(await remove(bob.id, users.tokenFor(ada.id, 'admin'))), forbidden)
    assert.deepEqual(refusal(await remove(900_000_002, ada.token)), forbidden)
    assert.deepEqual(refusal(await remove(900_000_002, users.tokenFor(900_000_002))), userNotFound)
    assert.equal((await users.api.user(bob.id)).status, 200)
  })
})

test('unknown routes and wrong methods are answered in the envelope', async () => {
  assert.deepEqual(refusal(await users.api.get('/users/1/friends')), refused(404, 'not found', 'NOT_FOUND'))
  const wrong = await users.api.request('PATCH', '/users/1', { body: {} })
  assert.deepEqual(refusal(wrong), refused(405, 'method not allowed', 'METHOD_NOT_ALLOWED'))
  assert.equal(wrong.headers['allow'], 'GET, PUT, DELETE, HEAD, OPTIONS')
})
