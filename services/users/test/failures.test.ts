import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Secret } from '@pharos/platform/runtime/config'
import { somebody } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import { testDatabase, testRedisUrl } from '@pharos/platform/testing/stores'
import { startStoreProxy } from '@pharos/platform/testing/store-proxy'
import { refusal, refused, userNotFound } from '@pharos/platform/testing/refusals'
import { migrations, startUsers } from './users-service.ts'
import type { UsersUnderTest } from './users-service.ts'

const unavailable = refused(503, 'service unavailable', 'SERVICE_UNAVAILABLE')

const readiness = async ({ managementUrl }: UsersUnderTest) => (await fetch(`${managementUrl}/readyz`)).status

describe('without Redis', () => {
  test('everything works, from the start', async () => {
    await using users = await startUsers({ redisUrl: new Secret('redis://127.0.0.1:1') })
    const ada = await users.join()
    assert.equal((await users.api.user(ada.id)).status, 200)
    assert.equal((await users.api.put(`/users/${ada.id}`, { bio: 'Engines' }, { token: ada.token })).status, 200)
    assert.equal((await users.api.user(ada.id)).body?.data?.bio, 'Engines')
    assert.equal((await users.api.get(`/users/search?query=${ada.username}`)).status, 200)
    assert.equal((await users.api.delete(`/users/${ada.id}`, { token: ada.token })).status, 204)
    assert.deepEqual(refusal(await users.api.user(ada.id)), userNotFound)
    assert.equal((await users.api.put(`/users/${ada.id}`, {}, { token: ada.token })).status, 401)
    assert.equal(await readiness(users), 200)
  })

  test('everything works when it goes, and nothing old is shown when it is back', async () => {
    await using proxy = await startStoreProxy(testRedisUrl())
    await using users = await startUsers({ redisUrl: proxy.url })
    const ada = await users.join()
    await users.api.user(ada.id)
    await proxy.cut()
    const { status } = await users.api.put(`/users/${ada.id}`, { bio: 'Engines' }, { token: ada.token })
    assert.equal(status, 200)
    assert.equal((await users.api.user(ada.id)).body?.data?.bio, 'Engines')
    await proxy.mend()
    await eventually(async () => {
      const { dependencies } = (await (await fetch(`${users.managementUrl}/readyz`)).json()) as {
        dependencies: { redis: { up: boolean } }
      }
      assert.equal(dependencies.redis.up, true)
    })
    assert.equal((await users.api.user(ada.id)).body?.data?.bio, 'Engines')
  })
})

test('without Postgres it answers 503 and says when to come again, and recovers by itself', async () => {
  await using database = await testDatabase({ migrations })
  await using proxy = await startStoreProxy(database.url)
  await using users = await startUsers({ postgresUrl: proxy.url })
  const ada = await users.join()
  const bob = await users.join()
  await users.api.user(ada.id)

  await proxy.cut()
  assert.equal((await users.api.user(ada.id)).status, 200, 'what is in memory is still answered')
  const requests = [
    () => users.api.user(bob.id),
    () => users.api.get('/users/search?query=ada'),
    () => users.api.put(`/users/${ada.id}`, { bio: 'x' }, { token: ada.token }),
    () => users.api.delete(`/users/${ada.id}`, { token: ada.token }),
    () => users.createProfile(somebody()),
  ]
  for (const request of requests) {
    const answer = await request()
    assert.deepEqual(refusal(answer), unavailable)
    assert.match(answer.headers['retry-after'] ?? '', /^\d+$/)
  }
  await eventually(async () => assert.equal(await readiness(users), 503))

  await proxy.mend()
  await eventually(async () => assert.equal((await users.api.user(bob.id)).status, 200))
  assert.equal((await users.api.put(`/users/${ada.id}`, { bio: 'x' }, { token: ada.token })).status, 200)
  await eventually(async () => assert.equal(await readiness(users), 200))
})

test('two replicas agree: a change shows and a deletion ends sessions in both', async () => {
  await using database = await testDatabase({ migrations })
  const stores = { postgresUrl: database.url, redisUrl: testRedisUrl() }
  await using one = await startUsers(stores)
  await using two = await startUsers({ ...stores, issuer: one.issuer })
  const ada = await one.join()
  await one.api.user(ada.id)
  await two.api.user(ada.id)

  await one.api.put(`/users/${ada.id}`, { bio: 'Engines' }, { token: ada.token })
  await eventually(async () => assert.equal((await two.api.user(ada.id)).body?.data?.bio, 'Engines'))
  await two.api.put(`/users/${ada.id}`, { full_name: 'Ada' }, { token: ada.token })
  await eventually(async () => {
    const { body } = await one.api.user(ada.id)
    assert.deepEqual([body?.data?.bio, body?.data?.full_name], ['Engines', 'Ada'])
  })

  await one.api.delete(`/users/${ada.id}`, { token: ada.token })
  await eventually(async () => {
    assert.equal((await two.api.user(ada.id)).status, 404)
    assert.equal((await two.api.put(`/users/${ada.id}`, {}, { token: ada.token })).status, 401)
  })
})
