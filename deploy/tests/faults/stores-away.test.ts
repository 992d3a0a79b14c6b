import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TokenPair } from '@pharos/platform/contracts/http/auth'
import type { UserView } from '@pharos/platform/contracts/http/users'
import { somebody, userIdOf } from '@pharos/platform/testing/api-client'
import type { ApiAnswer, ApiClient } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import { assertRefused, dataOf } from '../answers.ts'
import { startTestSystem } from '../test-system.ts'
import type { TestSystem } from '../test-system.ts'

let platform: TestSystem
let api: ApiClient
before(async () => {
  platform = await startTestSystem({ ownStores: true, env: { RATE_LIMIT: 'off' } })
  api = platform.client()
})
after(() => platform?.[Symbol.asyncDispose]())

const registered = async () => {
  const person = somebody()
  const tokens = dataOf(await api.register(person), 201)
  return { person, tokens, id: userIdOf(tokens.access_token), token: tokens.access_token }
}

/** Takes a store away by SIGKILL; disposing of it brings the store back with its data. */
const killed = async (name: 'postgres' | 'redis' | 'kafka'): Promise<AsyncDisposable> => {
  const store = platform.store(name)
  await store.kill()
  return { [Symbol.asyncDispose]: () => store.start() }
}

const timed = async <T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> => {
  const started = performance.now()
  const result = await work()
  return { ms: performance.now() - started, result }
}

const pids = (): (number | undefined)[] => Object.values(platform.system.services).map(({ process }) => process.pid)

const isReady = async (service: 'gateway' | 'users' | 'auth', dependency: string): Promise<boolean> => {
  const answer = await fetch(`${platform.system.services[service].managementUrl}/readyz`)
  const { dependencies } = (await answer.json()) as { dependencies: Record<string, { up: boolean }> }
  return answer.status === 200 && dependencies[dependency]?.up === true
}

test('without Redis everything works and stays quick, and what was revoked meanwhile is known afterwards', async () => {
  const { person, id, token } = await registered()
  let ended: TokenPair
  {
    await using _redis = await killed('redis')
    const durations: number[] = []
    const measure = async (work: () => Promise<ApiAnswer>): Promise<void> => {
      const { ms, result } = await timed(work)
      assert.ok(result.status < 300, result.text)
      durations.push(ms)
    }
    for (let round = 0; round < 15; round += 1) {
      await measure(() => api.user(id))
      await measure(() => api.get(`/users/username/${person.username}`))
      await measure(() => api.get(`/users/search?query=${person.username}`))
      await measure(() => api.put(`/users/${id}`, { bio: `round ${round}` }, { token }))
      assert.equal(dataOf<UserView>(await api.user(id), 200).bio, `round ${round}`)
    }
    durations.sort((a, b) => a - b)
    const p95 = durations[Math.floor(durations.length * 0.95)] ?? Infinity
    assert.ok(p95 < 300, `p95 is ${p95.toFixed(0)} ms`)

    const { tokens } = await registered()
    ended = dataOf(await api.post<TokenPair>('/auth/refresh', { refresh_token: tokens.refresh_token }), 200)
    dataOf(await api.login(person.username, person.password), 200)
    dataOf(await api.post('/auth/logout', { refresh_token: ended.refresh_token }), 200)
  }
  await eventually(async () => {
    for (const service of ['gateway', 'users', 'auth'] as const) assert.ok(await isReady(service, 'redis'), service)
  })
  await eventually(async () => {
    const answer = await api.put(
      '/users/avatar',
      { avatar_url: 'https://example.org/a.png' },
      { token: ended.access_token },
    )
    assertRefused(answer, 401, 'unauthenticated', 'UNAUTHENTICATED')
  })
})

test('without Kafka every write works, and its events arrive after the return, once', async () => {
  const { person, id, token } = await registered()
  const username = `${person.username}_k`
  await eventually(async () => assert.equal(await platform.metric('users', 'outbox_pending'), 0))
  const handled = await platform.eventsHandledByAuth()
  {
    await using _kafka = await killed('kafka')
    for (let round = 0; round < 3; round += 1) {
      const { ms, result } = await timed(() =>
        api.put<UserView>(`/users/${id}`, { username: `${username}${round}` }, { token }),
      )
      assert.equal(dataOf(result, 200).username, `${username}${round}`)
      assert.ok(ms < 1_000, `${ms.toFixed(0)} ms`)
    }
    dataOf(await api.register(somebody()), 201)
    await eventually(async () => assert.equal(await platform.metric('users', 'outbox_pending'), 4))
  }
  await eventually(async () => assert.equal(await platform.metric('users', 'outbox_pending'), 0), { timeoutMs: 30_000 })
  await eventually(async () => assert.equal(await platform.eventsHandledByAuth(), handled + 3), { timeoutMs: 30_000 })
  dataOf(await api.login(`${username}2`, person.password), 200)
  assert.equal(await platform.eventsHandledByAuth(), handled + 3)
  assert.equal(await platform.metric('auth', 'messaging_duplicates_total'), 0)
  assert.equal(await platform.metric('auth', 'messaging_dead_letters_total'), 0)
})

test('without Postgres a request is refused at once, what is remembered is read, and nothing needs a hand afterwards', async () => {
  const { person, id, token } = await registered()
  dataOf(await api.user(id), 200)
  const processes = pids()
  {
    await using _postgres = await killed('postgres')
    for (let round = 0; round < 12; round += 1) {
      const { ms, result } = await timed(() => api.user(900_000 + round))
      assert.equal(result.status, 503, result.text)
      assert.equal(result.body?.message, 'service unavailable')
      assert.ok(Number(result.headers['retry-after']) >= 1)
      assert.ok(ms < 2_500, `${ms.toFixed(0)} ms`)
    }
    for (const work of [
      () => api.login(person.username, person.password),
      () => api.register(somebody()),
      () => api.put(`/users/${id}`, { bio: 'x' }, { token }),
    ]) {
      const { ms, result } = await timed(work)
      assert.equal(result.status, 503, result.text)
      assert.ok(ms < 4_000, `${ms.toFixed(0)} ms`)
    }
    assert.equal((await fetch(`${platform.system.services.users.managementUrl}/readyz`)).status, 503)
    assert.equal((await fetch(`${platform.system.services.users.managementUrl}/healthz`)).status, 200)
  }
  await eventually(
    async () => {
      dataOf(await api.login(person.username, person.password), 200)
      dataOf(await api.put(`/users/${id}`, { bio: 'back' }, { token }), 200)
      dataOf(await api.register(somebody()), 201)
    },
    { timeoutMs: 20_000 },
  )
  assert.deepEqual(pids(), processes, 'no process had to be started again')
})

test('a profile that is remembered can be read while its database is away', async () => {
  const { id } = await registered()
  dataOf(await api.user(id), 200)
  await using _postgres = await killed('postgres')
  const statuses = new Set<number>()
  for (let round = 0; round < 10; round += 1) statuses.add((await api.user(id)).status)
  assert.deepEqual([...statuses], [200])
})
