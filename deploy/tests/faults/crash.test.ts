import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import type { TokenPair } from '@pharos/platform/contracts/http/auth'
import type { UserView } from '@pharos/platform/contracts/http/users'
import { somebody, userIdOf } from '@pharos/platform/testing/api-client'
import type { ApiClient } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import { assertRefused, dataOf } from '../answers.ts'
import { startTestSystem } from '../test-system.ts'
import type { TestSystem } from '../test-system.ts'

let platform: TestSystem
let api: ApiClient
before(async () => {
  platform = await startTestSystem({
    ownStores: true,
    env: { RATE_LIMIT: 'off' },
    forService: { auth: { REGISTRATION_SWEEP_AFTER_MS: '500' } },
  })
  api = platform.client()
})
after(() => platform?.[Symbol.asyncDispose]())

const registered = async () => {
  const person = somebody()
  const tokens = dataOf(await api.register(person), 201)
  return { person, tokens, id: userIdOf(tokens.access_token), token: tokens.access_token }
}

/** How many registrations auth has begun and not finished. */
const openRegistrations = async (): Promise<number> => {
  const client = new pg.Client({ connectionString: platform.system.databases.auth })
  await client.connect()
  try {
    const { rows } = await client.query<{ count: string }>('select count(*) from registrations')
    return Number(rows[0]?.count)
  } finally {
    await client.end()
  }
}

/** Stops a process in its tracks without its noticing, as a machine does that is paused; disposing of it goes on. */
const paused = (service: 'users' | 'auth'): Disposable => {
  const { pid } = platform.system.services[service].process
  if (pid === undefined) throw new Error(`${service} does not run`)
  process.kill(pid, 'SIGSTOP')
  return { [Symbol.dispose]: () => void process.kill(pid, 'SIGCONT') }
}

/** An account is whole when its owner can log in and everybody sees one profile of that name. */
const assertWhole = async ({ username, password }: { username: string; password: string }): Promise<void> => {
  const id = userIdOf(dataOf(await api.login(username, password), 200).access_token)
  assert.equal(dataOf(await api.get<UserView>(`/users/username/${username}`), 200).id, id)
  assert.equal(dataOf(await api.get<{ total: number }>(`/users/search?query=${username}`), 200).total, 1)
}

test('auth killed between the two steps of a registration leaves a whole account, not half of one', async () => {
  const person = somebody()
  const { auth } = platform.system.services
  const users = paused('users')
  const answer = api.register(person)
  try {
    await eventually(async () => assert.equal(await openRegistrations(), 1))
    await auth.kill()
  } finally {
    users[Symbol.dispose]()
  }
  assert.equal((await answer).status, 503, 'the caller is not told that it worked')
  await auth.start()
  await eventually(() => assertWhole(person))
  assert.equal(await openRegistrations(), 0)
  assertRefused(await api.register(person), 409, 'username already exists', 'USER_USERNAME_EXISTS')
})

test('users killed while a registration waits for it leaves no half account, and the same person can try again', async () => {
  const person = somebody()
  const { users } = platform.system.services
  const stopped = paused('users')
  const answer = api.register(person)
  try {
    await eventually(async () => assert.equal(await openRegistrations(), 1))
    await users.kill()
  } catch (error) {
    stopped[Symbol.dispose]()
    throw error
  }
  assert.equal((await answer).status, 503)
  await users.start()
  await eventually(async () => {
    const again = await api.register(person)
    assert.ok([201, 409].includes(again.status), again.text)
    await assertWhole(person)
  })
  await eventually(async () => assert.equal(await openRegistrations(), 0))
})

test('a write that was answered is told to the others, although its service was killed before Kafka came back', async () => {
  const { person, id, token } = await registered()
  const { users } = platform.system.services
  const handled = await platform.eventsHandledByAuth()
  await platform.store('kafka').kill()
  const username = `${person.username}_n`
  dataOf(await api.put(`/users/${id}`, { username }, { token }), 200)
  await users.kill()
  await Promise.all([platform.store('kafka').start(), users.start()])
  await eventually(async () => assert.ok((await platform.eventsHandledByAuth()) > handled), { timeoutMs: 30_000 })
  dataOf(await api.login(username, person.password), 200)
  assertRefused(await api.login(person.username, person.password), 404, 'user not found', 'USER_NOT_FOUND')
})

test('everything killed at once comes back with every account, session, key and revocation', async () => {
  const { person, tokens, id, token } = await registered()
  const other = dataOf(await api.login(person.username, person.password), 200)
  dataOf(await api.put(`/users/${id}`, { bio: 'before the crash' }, { token }), 200)
  dataOf(await api.post('/auth/logout', { refresh_token: other.refresh_token }), 200)

  const { gateway, users, auth } = platform.system.services
  const stores = (['postgres', 'redis', 'kafka'] as const).map((name) => platform.store(name))
  await Promise.all([gateway, users, auth, ...stores].map((server) => server.kill()))
  await Promise.all(stores.map((server) => server.start()))
  await Promise.all([gateway, users, auth].map((server) => server.start()))

  const fresh = platform.client()
  assert.equal(dataOf(await fresh.user(id, { token }), 200).bio, 'before the crash')
  dataOf(await fresh.put(`/users/${id}`, { bio: 'after it' }, { token }), 200)
  const revoked = await fresh.put(`/users/${id}`, { bio: 'x' }, { token: other.access_token })
  assertRefused(revoked, 401, 'unauthenticated', 'UNAUTHENTICATED')
  dataOf(await fresh.post<TokenPair>('/auth/refresh', { refresh_token: tokens.refresh_token }), 200)
  dataOf(await fresh.login(person.email, person.password), 200)
  dataOf(await fresh.register(somebody()), 201)
})

test('a service that is asked to stop answers what it has begun', async () => {
  const { auth } = platform.system.services
  const answers = Array.from({ length: 6 }, () => api.register(somebody()))
  await eventually(async () => assert.ok((await openRegistrations()) > 0))
  const started = performance.now()
  const stopping = auth.stop()
  const statuses = (await Promise.all(answers)).map(({ status }) => status)
  await stopping
  assert.ok(performance.now() - started < 10_000, 'connections that are kept alive do not hold it up')
  await auth.start()
  assert.ok(
    statuses.every((status) => status === 201 || status === 503),
    String(statuses),
  )
  assert.ok(statuses.includes(201))
})
