import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  invalidInput,
  invalidToken,
  refusal,
  unauthenticated,
  validationFailed,
} from '@pharos/platform/testing/refusals'
import { accessDenied, notificationNotFound, startNotifications } from './notifications-service.ts'
import type { NotificationsUnderTest } from './notifications-service.ts'

let world: NotificationsUnderTest
before(async () => {
  world = await startNotifications()
})
after(() => world[Symbol.asyncDispose]())

const one = (token: string, id: unknown, headers = {}) =>
  world.api.get(`/notification/${String(id)}`, { token, headers })

describe('GET /notification/feed', () => {
  test('shows the own notifications, the newest first, as they were sent', async () => {
    const [ada, bob] = [await world.join(), await world.join()]
    const first = await world.sent(bob.token, ada.id, 'greeting', { text: 'hello "Ada"', n: [1, null, { deep: '💥' }] })
    const second = await world.sent(ada.token, ada.id, 'note', 'to myself')
    await world.sent(ada.token, bob.id)
    await world.read(ada.token, first)
    const { status, body } = await world.feed(ada.token)
    const [newest, oldest] = body?.data?.notifications ?? []
    assert.equal(status, 200)
    assert.deepEqual(body?.data, {
      notifications: [
        {
          id: second,
          user_id: ada.id,
          type: 'note',
          is_read: false,
          created_at: newest?.created_at,
          payload: 'to myself',
        },
        {
          id: first,
          user_id: ada.id,
          type: 'greeting',
          is_read: true,
          created_at: oldest?.created_at,
          payload: { text: 'hello "Ada"', n: [1, null, { deep: '💥' }] },
        },
      ],
      total: 2,
      page: 1,
      limit: 10,
      total_pages: 1,
    })
    for (const shown of [newest, oldest]) {
      assert.match(shown?.created_at ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      assert.ok(Math.abs(Date.now() - Date.parse(shown?.created_at ?? '')) < 60_000)
    }
  })

  test('pages without overlap and tells the true total, also beyond the last page', async () => {
    const ada = await world.join()
    const ids: number[] = []
    for (let count = 0; count < 5; count += 1) ids.unshift(await world.sent(ada.token, ada.id))
    const found: (number | undefined)[] = []
    for (const page of [1, 2, 3]) {
      const { body } = await world.feed(ada.token, `?page=${page}&limit=2`)
      found.push(...(body?.data?.notifications ?? []).map(({ id }) => id))
      assert.deepEqual(
        [body?.data?.total, body?.data?.page, body?.data?.limit, body?.data?.total_pages],
        [5, page, 2, 3],
      )
    }
    assert.deepEqual(found, ids)
    for (const page of [4, 1_000_001, Number.MAX_SAFE_INTEGER]) {
      const { body } = await world.feed(ada.token, `?page=${page}&limit=100`)
      assert.deepEqual(body?.data, { notifications: [], total: 5, page, limit: 100, total_pages: 1 })
    }
  })

  test('is empty for who never had any: no pages, nothing unread', async () => {
    const { token } = await world.join()
    const empty = { notifications: [], total: 0, page: 1, limit: 10, total_pages: 0 }
    assert.deepEqual((await world.feed(token)).body?.data, empty)
    assert.equal(await world.countUnread(token), 0)
  })

  test('takes any page and any limit up to 100, and nothing else', async () => {
    const { token } = await world.join()
    for (const query of ['?limit=1', '?limit=100', '?page=1&limit=50', '?unknown=x']) {
      assert.equal((await world.feed(token, query)).status, 200)
    }
    const wrong = ['page=0', 'page=-1', 'page=x', 'page=1.5', 'page=', 'limit=0', 'limit=101', 'limit=x', 'limit=-5']
    for (const query of [...wrong, 'page=1&page=2', `page=${'9'.repeat(20)}`, 'limit=10%00']) {
      assert.deepEqual([query, refusal(await world.feed(token, `?${query}`))], [query, invalidInput])
    }
  })

  test('is compressed for who takes it', async () => {
    const ada = await world.join()
    await world.sent(ada.token, ada.id, 'note', 'x'.repeat(2_000))
    const headers = { 'accept-encoding': 'gzip' }
    const answer = await world.api.get('/notification/feed', { token: ada.token, headers })
    assert.deepEqual([answer.status, answer.headers['content-encoding']], [200, 'gzip'])
  })
})

describe('GET /notification/unread-count', () => {
  test('counts what is not read', async () => {
    const ada = await world.join()
    const ids = [await world.sent(ada.token, ada.id), await world.sent(ada.token, ada.id)]
    assert.equal(await world.countUnread(ada.token), 2)
    await world.read(ada.token, ids[0])
    assert.equal(await world.countUnread(ada.token), 1)
    await world.sent(ada.token, ada.id)
    await world.readAll(ada.token)
    assert.equal(await world.countUnread(ada.token), 0)
  })
})

describe('GET /notification/{id}', () => {
  test('shows it to its recipient alone', async () => {
    const [ada, bob] = [await world.join(), await world.join()]
    const id = await world.sent(bob.token, ada.id, 'note', [1])
    const { body } = await world.feed(ada.token)
    assert.deepEqual((await one(ada.token, id)).body?.data, body?.data?.notifications[0])
    assert.deepEqual(refusal(await one(bob.token, id)), accessDenied)
    assert.deepEqual(refusal(await one(world.tokenFor(bob.id, 'admin'), id)), accessDenied)
    assert.deepEqual(refusal(await one(ada.token, 900_000_001)), notificationNotFound)
  })

  test('refuses ids that are no integers or below one', async () => {
    const { token } = await world.join()
    for (const id of ['abc', '1.5', '9'.repeat(20), '%00'])
      assert.deepEqual(refusal(await one(token, id)), invalidInput)
    for (const id of [0, -3]) assert.deepEqual(refusal(await one(token, id)), validationFailed)
  })

  test('answers 304 to who has it already, until it is read', async () => {
    const ada = await world.join()
    for (const read of [world.read, (token: string) => world.readAll(token)]) {
      const id = await world.sent(ada.token, ada.id)
      const headers = { 'if-none-match': (await one(ada.token, id)).headers['etag'] ?? '' }
      const unchanged = await one(ada.token, id, headers)
      assert.deepEqual([unchanged.status, unchanged.text], [304, ''])
      await read(ada.token, id)
      assert.equal((await one(ada.token, id, headers)).status, 200)
    }
  })
})

test('every operation wants a valid token, before it looks at anything else', async () => {
  const requests: [string, string][] = [
    ['GET', '/feed?page=x'],
    ['GET', '/unread-count'],
    ['GET', '/x'],
    ['PUT', '/x/read'],
    ['PUT', '/read-all'],
    ['POST', '/send'],
    ['DELETE', '/x'],
  ]
  for (const [method, path] of requests) {
    const ask = (headers = {}) => world.api.request(method, `/notification${path}`, { headers })
    assert.deepEqual(refusal(await ask()), unauthenticated)
    assert.deepEqual(refusal(await ask({ authorization: 'bearer x' })), invalidToken)
    assert.deepEqual(refusal(await ask({ authorization: 'Bearer nonsense' })), invalidToken)
    assert.deepEqual(refusal(await ask({ authorization: 'Bearer phr_x' })), unauthenticated)
  }
})

test('both names of the collection and both forms of a path mean the same', async () => {
  const ada = await world.join()
  const id = await world.sent(ada.token, ada.id)
  for (const collection of ['/notification', '/notifications']) {
    for (const path of ['/feed', '/unread-count', `/${id}`]) {
      for (const end of ['', '/']) {
        assert.equal((await world.api.get(`${collection}${path}${end}`, { token: ada.token })).status, 200)
      }
    }
    for (const path of [`/${id}/read`, `/${id}/read/`, '/read-all', '/read-all/']) {
      assert.equal((await world.api.put(collection + path, undefined, { token: ada.token })).status, 200)
    }
    for (const end of ['', '/']) {
      const body = { user_id: ada.id, type: 'x', payload: 1 }
      const { body: sent } = await world.api.post<{ notification_id: number }>(`${collection}/send${end}`, body, ada)
      const path = `${collection}/${sent?.data?.notification_id}${end}`
      assert.equal((await world.api.delete(path, { token: ada.token })).status, 200)
    }
  }
})
