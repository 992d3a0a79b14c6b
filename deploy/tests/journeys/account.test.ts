import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { somebody, userIdOf } from '@pharos/platform/testing/api-client'
import type { ApiAnswer, ApiClient } from '@pharos/platform/testing/api-client'
import type { TokenPair } from '@pharos/platform/contracts/http/auth'
import type { UserView } from '@pharos/platform/contracts/http/users'
import { eventually } from '@pharos/platform/testing/eventually'
import { assertRefused, dataOf, UUID_V7 } from '../answers.ts'
import { startTestSystem } from '../test-system.ts'
import type { TestSystem } from '../test-system.ts'

let platform: TestSystem
let api: ApiClient
before(async () => {
  platform = await startTestSystem()
  api = platform.client()
})
after(() => platform?.[Symbol.asyncDispose]())

const registered = async (client = platform.client()) => {
  const person = somebody()
  const tokens = dataOf(await client.register(person), 201)
  return { client, person, tokens, id: userIdOf(tokens.access_token), token: tokens.access_token }
}

const assertTokens = (tokens: TokenPair): void => {
  const { access_token: access, refresh_token: refresh, ...rest } = tokens
  assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 900 })
  assert.match(access, /^[\w-]+\.[\w-]+\.[\w-]+$/)
  assert.match(refresh, /^phr_[\w-]{32,}$/)
}

test('a life of an account: register, log in, read, change, be found, refresh, log out, delete', async () => {
  const client = platform.client()
  const seen: ApiAnswer[] = []
  const noted = <D>(answer: ApiAnswer<D>): ApiAnswer<D> => {
    seen.push(answer)
    return answer
  }
  const person = somebody({ full_name: 'Ada Lovelace', bio: 'Countess', avatar_url: 'https://example.org/ada.png' })

  const first = dataOf(noted(await client.register(person)), 201)
  assertTokens(first)
  const id = userIdOf(first.access_token)

  const byEmail = dataOf(noted(await client.login(person.email.toUpperCase(), person.password)), 200)
  const tokens = dataOf(noted(await client.login(person.username.toUpperCase(), person.password)), 200)
  assertTokens(byEmail)
  assertTokens(tokens)
  const token = tokens.access_token

  const own = dataOf(noted(await client.user(id, { token })), 200)
  const { created_at: createdAt, updated_at: updatedAt, ...profile } = own
  assert.deepEqual(profile, {
    id,
    username: person.username,
    email: person.email,
    full_name: 'Ada Lovelace',
    bio: 'Countess',
    avatar_url: 'https://example.org/ada.png',
  })
  assert.ok(Date.parse(createdAt) > Date.now() - 60_000)
  assert.equal(updatedAt, createdAt)

  const { email: _own, ...shown } = own
  assert.deepEqual(dataOf(noted(await client.user(id)), 200), shown, 'a stranger sees no e-mail address')
  assert.deepEqual(dataOf(noted(await client.get(`/users/username/${person.username}`)), 200), shown)
  assert.deepEqual(dataOf(noted(await client.get(`/users/email/${encodeURIComponent(person.email)}`)), 200), own)

  const changed = dataOf(
    noted(await client.put<UserView>(`/users/${id}`, { bio: 'Analyst', full_name: 'Ada King' }, { token })),
    200,
  )
  assert.deepEqual({ ...changed, updated_at: updatedAt }, { ...own, bio: 'Analyst', full_name: 'Ada King' })
  assert.ok(Date.parse(changed.updated_at) > Date.parse(updatedAt))
  const renamed = dataOf(
    noted(await client.put<UserView>('/users', { id, username: `${person.username}_2` }, { token })),
    200,
  )
  assert.deepEqual([renamed.username, renamed.bio], [`${person.username}_2`, 'Analyst'])
  const pictured = dataOf(
    noted(await client.put<UserView>('/users/avatar', { avatar_url: 'https://example.org/2.png' }, { token })),
    200,
  )
  assert.equal(pictured.avatar_url, 'https://example.org/2.png')
  const { email: _address, ...nowShown } = pictured
  assert.deepEqual(dataOf(noted(await client.user(id)), 200), nowShown, 'the next read already shows the change')

  const found = dataOf(
    noted(
      await client.get<{ users: UserView[]; total: number }>(`/users/search?query=${renamed.username.toUpperCase()}`),
    ),
    200,
  )
  assert.deepEqual(found, { users: [nowShown], total: 1 })

  const refreshed = dataOf(
    noted(await client.post<TokenPair>('/auth/refresh', { refresh_token: tokens.refresh_token })),
    200,
  )
  assertTokens(refreshed)
  assert.notEqual(refreshed.refresh_token, tokens.refresh_token)

  assert.equal(
    dataOf(noted(await client.post('/auth/logout', { refresh_token: refreshed.refresh_token })), 200),
    undefined,
  )
  const again = noted(await client.post('/auth/logout', { refresh_token: refreshed.refresh_token }))
  assertRefused(again, 401, 'invalid refresh token', 'AUTH_INVALID_REFRESH_TOKEN')
  assertRefused(
    noted(await client.put('/users/avatar', { avatar_url: 'https://example.org/3.png' }, { token })),
    401,
    'unauthenticated',
    'UNAUTHENTICATED',
  )

  await eventually(async () => assert.ok((await platform.eventsHandledByAuth()) >= 1, 'auth knows of the new name'))
  const last = dataOf(noted(await client.login(`${person.username}_2`, person.password)), 200)
  const deleted = noted(await client.delete(`/users/${id}`, { token: last.access_token }))
  assert.deepEqual([deleted.status, deleted.text], [204, ''])
  assertRefused(noted(await client.user(id)), 404, 'user not found', 'USER_NOT_FOUND')
  assertRefused(
    noted(await client.delete(`/users/${id}`, { token: last.access_token })),
    401,
    'unauthenticated',
    'UNAUTHENTICATED',
  )
  assertRefused(noted(await client.login(person.email, person.password)), 404, 'user not found', 'USER_NOT_FOUND')

  for (const { headers } of seen) assert.match(headers['x-correlation-id'] ?? '', UUID_V7)
})

test('an account made for somebody else can log in, and its creator is told its address', async () => {
  const { client, token } = await registered()
  const person = somebody()
  const user = dataOf(await client.post<UserView>('/users', person, { token }), 201)
  assert.deepEqual([user.username, user.email], [person.username, person.email])
  assert.equal(userIdOf(dataOf(await client.login(person.username, person.password), 200).access_token), user.id)
})

test('a correlation id of the caller is answered; one that is none of the kind is replaced', async () => {
  const echo = async (headers: Record<string, string>): Promise<string> => {
    const answer = await api.get('/users/999999999', { headers })
    assert.equal(answer.body?.correlation_id, answer.headers['x-correlation-id'])
    return answer.headers['x-correlation-id'] ?? ''
  }
  assert.equal(await echo({ 'x-correlation-id': 'My.id_1-2' }), 'My.id_1-2')
  assert.equal(await echo({ 'x-request-id': 'by-its-other-name' }), 'by-its-other-name')
  assert.match(await echo({ 'x-correlation-id': 'a'.repeat(129) }), UUID_V7)
  assert.match(await echo({ 'x-correlation-id': 'no blanks' }), UUID_V7)
})

test('a new password ends every session, and only the new one opens the account', async () => {
  const { client, person, tokens, token } = await registered()
  const wrong = await client.put(
    '/auth/update-password',
    { old_password: 'not-this-one', new_password: 'new-password' },
    { token },
  )
  assertRefused(wrong, 401, 'invalid credentials', 'AUTH_INVALID_CREDENTIALS')
  const body = { old_password: person.password, new_password: 'a new password' }
  dataOf(await client.post('/auth/update-password', body, { token }), 200, 'Password updated successfully')
  assertRefused(
    await client.post('/auth/refresh', { refresh_token: tokens.refresh_token }),
    401,
    'invalid refresh token',
    'AUTH_INVALID_REFRESH_TOKEN',
  )
  assertRefused(
    await client.login(person.username, person.password),
    401,
    'invalid credentials',
    'AUTH_INVALID_CREDENTIALS',
  )
  dataOf(await client.login(person.username, 'a new password'), 200)
})

test('a spent refresh token used again ends the session for whoever holds the new one', async () => {
  const { client, tokens } = await registered()
  const next = dataOf(await client.post<TokenPair>('/auth/refresh', { refresh_token: tokens.refresh_token }), 200)
  assertRefused(
    await client.post('/auth/refresh', { refresh_token: tokens.refresh_token }),
    401,
    'invalid refresh token',
    'AUTH_INVALID_REFRESH_TOKEN',
  )
  assertRefused(
    await client.post('/auth/refresh', { refresh_token: next.refresh_token }),
    401,
    'invalid refresh token',
    'AUTH_INVALID_REFRESH_TOKEN',
  )
  await eventually(async () => {
    const answer = await client.put(
      '/users/avatar',
      { avatar_url: 'https://example.org/3.png' },
      { token: next.access_token },
    )
    assertRefused(answer, 401, 'unauthenticated', 'UNAUTHENTICATED')
  })
})

test('guessing a password is stopped after five failures, also from other addresses', async () => {
  const { person } = await registered()
  for (let guess = 0; guess < 5; guess += 1) {
    const answer = await platform.client().login(person.username, `guess-${guess}`)
    assertRefused(answer, 401, 'invalid credentials', 'AUTH_INVALID_CREDENTIALS')
  }
  const stopped = await platform.client().login(person.username, person.password)
  assertRefused(stopped, 429, 'too many attempts', 'AUTH_TOO_MANY_ATTEMPTS')
  assert.ok(Number(stopped.headers['retry-after']) > 0)
})
