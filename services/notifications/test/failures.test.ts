import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '@pharos/platform/runtime/config'
import { eventually } from '@pharos/platform/testing/eventually'
import { refusal, refused, userNotFound } from '@pharos/platform/testing/refusals'
import { startStoreProxy } from '@pharos/platform/testing/store-proxy'
import { startNotifications } from './notifications-service.ts'
import type { NotificationsUnderTest } from './notifications-service.ts'

const unavailable = refused(503, 'service unavailable', 'SERVICE_UNAVAILABLE')

const readiness = async ({ managementUrl }: NotificationsUnderTest) => (await fetch(`${managementUrl}/readyz`)).status

test('without Redis and Kafka everything works, from the start', async () => {
  await using world = await startNotifications({ redisUrl: new Secret('redis://127.0.0.1:1') })
  const ada = await world.join()
  const id = await world.sent(ada.token, ada.id)
  assert.equal((await world.feed(ada.token)).body?.data?.total, 1)
  assert.equal((await world.read(ada.token, id)).status, 200)
  assert.equal((await world.readAll(ada.token)).status, 200)
  assert.equal((await world.news(ada.token, '?after=0')).body?.data?.last_id, id)
  assert.equal((await world.remove(ada.token, id)).status, 200)
  assert.equal(await readiness(world), 200)
})

test('without Postgres it answers 503 and says when to come again, and recovers by itself', async () => {
  let proxy: Awaited<ReturnType<typeof startStoreProxy>> | undefined
  await using world = await startNotifications({
    postgresBy: async (url) => {
      proxy = await startStoreProxy(url)
      return proxy.url
    },
  })
  assert.ok(proxy)
  const ada = await world.join()
  const id = await world.sent(ada.token, ada.id)

  await proxy.cut()
  const requests = [
    () => world.feed(ada.token),
    () => world.api.get('/notification/unread-count', { token: ada.token }),
    () => world.api.get(`/notification/${id}`, { token: ada.token }),
    () => world.read(ada.token, id),
    () => world.readAll(ada.token),
    () => world.send(ada.token, ada.id),
    () => world.remove(ada.token, id),
    () => world.news(ada.token),
  ]
  for (const request of requests) {
    const answer = await request()
    assert.deepEqual(refusal(answer), unavailable)
    assert.match(answer.headers['retry-after'] ?? '', /^\d+$/)
  }
  await eventually(async () => assert.equal(await readiness(world), 503))

  await proxy.mend()
  await eventually(async () => assert.equal((await world.feed(ada.token)).body?.data?.total, 1))
  assert.equal(await world.countUnread(ada.token), 1)
  await eventually(async () => assert.equal(await readiness(world), 200))
  await proxy.cut()
})

test('without users, known recipients are sent to, of others nothing can be said', async () => {
  await using world = await startNotifications()
  const [ada, bob] = [await world.join(), await world.join()]
  await world.sent(ada.token, ada.id)
  world.gate.set('shut')
  assert.equal((await world.send(ada.token, ada.id)).status, 200)
  assert.deepEqual(refusal(await world.send(ada.token, bob.id)), unavailable)
  assert.equal((await world.feed(ada.token)).body?.data?.total, 2)
  world.gate.set('open')
  // The circuit to users closes by itself after a while.
  await eventually(async () => assert.equal((await world.send(ada.token, bob.id)).status, 200), { timeoutMs: 30_000 })
  assert.deepEqual(refusal(await world.send(ada.token, 900_000_001)), userNotFound)
})
