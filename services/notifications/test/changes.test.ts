import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { createIdempotencyStore } from '@pharos/platform/postgres/idempotency'
import { invalidInput, refusal, refused, userNotFound, validationFailed } from '@pharos/platform/testing/refusals'
import { createNotificationRepository } from '../src/adapters/postgres/notification-repository.ts'
import { accessDenied, notificationNotFound, startNotifications } from './notifications-service.ts'
import type { NotificationsUnderTest } from './notifications-service.ts'

let world: NotificationsUnderTest
before(async () => {
  world = await startNotifications()
})
after(() => world[Symbol.asyncDispose]())

const eventsOf = async (id: number) => (await world.events()).filter(({ key }) => key === String(id))

describe('POST /notification/send', () => {
  test('answers the id, and tells of it what the feed shows', async () => {
    const [ada, bob] = [await world.join(), await world.join()]
    const { status, body } = await world.send(bob.token, ada.id, 'greeting', { text: 'hello' })
    const [shown] = (await world.feed(ada.token)).body?.data?.notifications ?? []
    assert.equal(status, 200)
    assert.deepEqual(body?.data, { notification_id: shown?.id, message: 'Notification sent successfully' })
    const { is_read, ...told } = shown ?? {}
    assert.equal(is_read, false)
    const data = { ...told, previous_id: 0 }
    assert.deepEqual(await eventsOf(ada.id), [{ type: 'notification.created', key: String(ada.id), data }])
  })

  test('takes any JSON as payload, byte for byte what it means', async () => {
    const ada = await world.join()
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
    const payloads = [0, false, '', 'é💥\u0001', '\ud800', '\\u0000', [], {}, { a: { b: [null, 1e-7] } }, nested(500)]
    for (const payload of payloads) {
      const id = await world.sent(ada.token, ada.id, 'note', payload)
      const { body } = await world.api.get<{ payload: unknown }>(`/notification/${id}`, { token: ada.token })
      assert.deepEqual(body?.data?.payload, payload)
    }
  })

  test('refuses what breaks a rule', async () => {
    const ada = await world.join()
    const tooLarge = 'x'.repeat(16_384)
    const tooDeep: unknown = JSON.parse('['.repeat(501) + ']'.repeat(501))
    const refusedBodies: unknown[] = [
      {},
      { type: 'x', payload: 1 },
      { user_id: ada.id, payload: 1 },
      { user_id: ada.id, type: 'x' },
      { user_id: ada.id, type: 'x', payload: null },
      { user_id: 0, type: 'x', payload: 1 },
      { user_id: ada.id, type: '', payload: 1 },
      { user_id: ada.id, type: 'é'.repeat(51), payload: 1 },
      { user_id: ada.id, type: 'a\u0000b', payload: 1 },
      { user_id: ada.id, type: 'x', payload: tooLarge },
      { user_id: ada.id, type: 'x', payload: tooDeep },
      { user_id: ada.id, type: 'x', payload: 'a\u0000b' },
      { user_id: ada.id, type: 'x', payload: { 'a\u0000b': 1 } },
    ]
    for (const body of refusedBodies) {
      assert.deepEqual(refusal(await world.api.post('/notification/send', body, ada)), validationFailed)
    }
    for (const body of [[], 'x', 1, { user_id: '1', type: 'x', payload: 1 }, { user_id: 1.5, type: 'x', payload: 1 }]) {
      assert.deepEqual(refusal(await world.api.post('/notification/send', body, ada)), invalidInput)
    }
    const send = (text: string, headers = {}) =>
      world.api.request('POST', '/notification/send', { text, token: ada.token, headers })
    assert.deepEqual(refusal(await send('{')), invalidInput)
    assert.deepEqual(refusal(await send(`{"payload":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)), validationFailed)
    const plain = await send('{}', { 'content-type': 'text/plain' })
    assert.deepEqual(refusal(plain), refused(415, 'unsupported media type', 'UNSUPPORTED_MEDIA_TYPE'))
    const large = await send(JSON.stringify({ payload: 'x'.repeat(1_100_000) }))
    assert.deepEqual(refusal(large), refused(413, 'payload too large', 'PAYLOAD_TOO_LARGE'))
    assert.equal((await world.feed(ada.token)).body?.data?.total, 0)
    assert.deepEqual(await eventsOf(ada.id), [])
  })

  test('takes the longest type and the largest payload', async () => {
    const ada = await world.join()
    const payload = 'x'.repeat(16_382)
    const id = await world.sent(ada.token, ada.id, '💥'.repeat(50), payload)
    const { body } = await world.api.get<{ payload: string }>(`/notification/${id}`, { token: ada.token })
    assert.equal(body?.data?.payload, payload)
  })

  test('refuses who does not exist', async () => {
    const ada = await world.join()
    assert.deepEqual(refusal(await world.send(ada.token, 900_000_001)), userNotFound)
  })

  test('with an Idempotency-Key is done once, and the key is not taken for another body', async () => {
    const [ada, bob] = [await world.join(), await world.join()]
    const headers = { 'idempotency-key': randomUUID() }
    const send = (payload: unknown, token = ada.token) => world.send(token, bob.id, 'note', payload, headers)
    const first = await send(1)
    const second = await send(1)
    assert.deepEqual(second.body?.data, first.body?.data)
    assert.equal(second.headers['idempotency-replayed'], 'true')
    assert.deepEqual(refusal(await send(2)), refused(422, 'idempotency key reused', 'IDEMPOTENCY_KEY_REUSED'))
    assert.equal((await send(1, bob.token)).headers['idempotency-replayed'], undefined)
    const all = await Promise.all(
      [1, 2, 3].map(() => world.send(ada.token, ada.id, 'x', 1, { 'idempotency-key': 'k' })),
    )
    assert.equal(new Set(all.map(({ body }) => body?.data?.notification_id)).size, 1)
    assert.equal((await world.feed(bob.token)).body?.data?.total, 2)
    assert.equal((await eventsOf(bob.id)).length, 2)
    assert.equal((await eventsOf(ada.id)).length, 1)
  })
})

test('a keyed sending that dies after its commit is not done again by the retry', async () => {
  const ada = await world.join()
  const keys = createIdempotencyStore(world.db)
  const notifications = createNotificationRepository(world.db)
  const attempt = (dies: boolean) =>
    keys.run({ scope: `${ada.id}:sendNotification`, key: 'a-key', body: '{}' }, async () => {
      const id = await notifications.add({ recipient: ada.id, type: 'note', payload: '1' })
      if (dies) throw new Error('killed')
      return { status: 200, body: String(id) }
    })
  await assert.rejects(attempt(true), { message: 'killed' })
  const [shown] = (await world.feed(ada.token)).body?.data?.notifications ?? []
  assert.deepEqual(await attempt(false), { kind: 'fresh', answer: { status: 200, body: String(shown?.id) } })
  assert.equal((await world.feed(ada.token)).body?.data?.total, 1)
  assert.equal((await eventsOf(ada.id)).length, 1)
})

describe('PUT /notification/{id}/read', () => {
  test('marks it, says so when it was marked before, and tells of it once', async () => {
    const ada = await world.join()
    const id = await world.sent(ada.token, ada.id)
    const marked = { success: true, message: 'Notification marked as read' }
    const already = { success: true, message: 'Notification already marked as read' }
    assert.deepEqual((await world.read(ada.token, id)).body?.data, marked)
    assert.deepEqual((await world.read(ada.token, id)).body?.data, already)
    assert.equal((await world.feed(ada.token)).body?.data?.notifications[0]?.is_read, true)
    const data = { user_id: ada.id, notification_id: id, and_all_before: false }
    const [, ...told] = await eventsOf(ada.id)
    assert.deepEqual(told, [{ type: 'notification.read', key: String(ada.id), data }])
    const covered = await world.sent(ada.token, ada.id)
    await world.readAll(ada.token)
    assert.deepEqual((await world.read(ada.token, covered)).body?.data, already)
  })

  test('does not find what is not there, and denies what is somebody else’s', async () => {
    const [ada, bob] = [await world.join(), await world.join()]
    const id = await world.sent(ada.token, ada.id)
    assert.deepEqual(refusal(await world.read(ada.token, 900_000_001)), notificationNotFound)
    assert.deepEqual(refusal(await world.read(bob.token, id)), accessDenied)
    assert.deepEqual(refusal(await world.read(bob.token, 'x')), invalidInput)
    assert.deepEqual(refusal(await world.read(bob.token, 0)), validationFailed)
    assert.equal(await world.countUnread(ada.token), 1)
  })
})

describe('PUT /notification/read-all', () => {
  test('marks all there are, none that come later, and tells of it only when there was one', async () => {
    const ada = await world.join()
    const done = { success: true, message: 'All notifications marked as read' }
    assert.deepEqual((await world.readAll(ada.token)).body?.data, done)
    await world.sent(ada.token, ada.id)
    const last = await world.sent(ada.token, ada.id)
    assert.deepEqual((await world.readAll(ada.token)).body?.data, done)
    assert.deepEqual((await world.readAll(ada.token)).body?.data, done)
    const later = await world.sent(ada.token, ada.id)
    const shown = (await world.feed(ada.token)).body?.data?.notifications.map(({ id, is_read }) => [id, is_read])
    assert.deepEqual(shown?.slice(0, 2), [
      [later, false],
      [last, true],
    ])
    assert.equal(await world.countUnread(ada.token), 1)
    const data = { user_id: ada.id, notification_id: last, and_all_before: true }
    const told = (await eventsOf(ada.id)).filter(({ type }) => type === 'notification.read')
    assert.deepEqual(told, [{ type: 'notification.read', key: String(ada.id), data }])
  })
})

describe('DELETE /notification/{id}', () => {
  test('removes it, read or not, and the counts follow', async () => {
    const ada = await world.join()
    const ids = [
      await world.sent(ada.token, ada.id),
      await world.sent(ada.token, ada.id),
      await world.sent(ada.token, ada.id),
    ]
    await world.read(ada.token, ids[0])
    const { status, body } = await world.remove(ada.token, ids[0])
    assert.deepEqual([status, body?.data], [200, { success: true, message: 'Notification removed successfully' }])
    assert.equal(await world.countUnread(ada.token), 2)
    await world.remove(ada.token, ids[1])
    assert.equal(await world.countUnread(ada.token), 1)
    await world.readAll(ada.token)
    await world.remove(ada.token, ids[2])
    assert.equal(await world.countUnread(ada.token), 0)
    assert.equal((await world.feed(ada.token)).body?.data?.total, 0)
    assert.deepEqual(refusal(await world.remove(ada.token, ids[2])), notificationNotFound)
  })

  test('does not find what is not there, and denies what is somebody else’s', async () => {
    const [ada, bob] = [await world.join(), await world.join()]
    const id = await world.sent(ada.token, ada.id)
    assert.deepEqual(refusal(await world.remove(ada.token, 900_000_001)), notificationNotFound)
    assert.deepEqual(refusal(await world.remove(bob.token, id)), accessDenied)
    assert.deepEqual(refusal(await world.remove(bob.token, 'x')), invalidInput)
    assert.deepEqual(refusal(await world.remove(bob.token, 0)), validationFailed)
    assert.equal((await world.feed(ada.token)).body?.data?.total, 1)
  })
})

test('unknown routes and wrong methods are answered in the envelope', async () => {
  assert.deepEqual(refusal(await world.api.get('/notification/1/2/3')), refused(404, 'not found', 'NOT_FOUND'))
  const wrong = await world.api.request('PATCH', '/notification/1', { body: {} })
  assert.deepEqual(refusal(wrong), refused(405, 'method not allowed', 'METHOD_NOT_ALLOWED'))
  assert.equal(wrong.headers['allow'], 'GET, DELETE, HEAD, OPTIONS')
})
