import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FeedPageView, NotificationView } from '@pharos/platform/contracts/http/notifications'
import type { ApiClient } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import { assertRefused, dataOf } from '../answers.ts'
import { join, openPlatform } from './platform.ts'
import type { Member, Platform } from './platform.ts'

const NOBODY = 9_007_199_254_740_991
const READ = { success: true, message: 'Notification marked as read' }

let platform: Platform
let api: ApiClient
before(async () => {
  platform = await openPlatform()
  api = platform.client()
})
after(() => platform?.[Symbol.asyncDispose]())

const feedOf = async ({ token }: Member, query = ''): Promise<FeedPageView> =>
  dataOf(await api.get<FeedPageView>(`/notification/feed${query}`, { token }), 200)
const unreadOf = async ({ token }: Member): Promise<number> =>
  dataOf(await api.get<{ count: number }>('/notification/unread-count', { token }), 200).count
const send = async (from: Member, to: Member, type: string, payload: unknown = { n: 1 }): Promise<number> => {
  const body = { user_id: to.id, type, payload }
  const answer = await api.post<{ notification_id: number }>('/notification/send', body, { token: from.token })
  const { notification_id: id, ...rest } = dataOf(answer, 200)
  assert.deepEqual(rest, { message: 'Notification sent successfully' })
  return id
}

test('a follow comes into the feed of the followed, once', async () => {
  const [ada, star] = [await join(api), await join(api)]
  assert.deepEqual(await feedOf(star), { notifications: [], total: 0, page: 1, limit: 10, total_pages: 0 })
  dataOf(
    await api.post('/relation/follow', { followee_id: star.id }, { token: ada.token }),
    200,
    'Followed successfully',
  )
  const feed = await eventually(async () => {
    const page = await feedOf(star)
    assert.equal(page.total, 1)
    return page
  })
  const [notification] = feed.notifications
  const { id, created_at: at, ...rest } = notification ?? assert.fail('the feed is empty')
  assert.deepEqual(rest, { user_id: star.id, type: 'follow_created', is_read: false, payload: { follower_id: ada.id } })
  assert.ok(Math.abs(Date.now() - Date.parse(at)) < 60_000)
  assert.equal(await unreadOf(star), 1)
  assert.deepEqual(dataOf(await api.get(`/notification/${id}`, { token: star.token }), 200), notification)
})

test('followers hear of a new post', async () => {
  const [author, ada, bob] = [await join(api), await join(api), await join(api)]
  for (const fan of [ada, bob])
    dataOf(
      await api.post('/relation/follow', { followee_id: author.id }, { token: fan.token }),
      200,
      'Followed successfully',
    )
  const { id } = dataOf(await api.post<{ id: number }>('/posts', { title: 'News' }, { token: author.token }), 201)
  for (const fan of [ada, bob]) {
    const [notification] = await eventually(async () => {
      const { notifications } = await feedOf(fan)
      assert.equal(notifications.length, 1)
      return notifications
    })
    const payload = { post_id: id, author_id: author.id, title: 'News' }
    assert.deepEqual([notification?.type, notification?.payload], ['post_published', payload])
  }
})

test('notifications are sent, listed newest first, read, and removed', async () => {
  const [ada, bob] = [await join(api), await join(api)]
  const { token } = bob
  const ids: number[] = []
  for (let n = 1; n <= 5; n += 1) ids.push(await send(ada, bob, 'greeting', { n }))
  const page = await feedOf(bob, '?page=2&limit=2')
  const { notifications, ...numbers } = page
  assert.deepEqual(numbers, { total: 5, page: 2, limit: 2, total_pages: 3 })
  assert.deepEqual(
    notifications.map(({ id }) => id),
    [ids[2], ids[1]],
  )

  const [first] = ids
  assert.deepEqual(dataOf(await api.put(`/notification/${first}/read`, undefined, { token }), 200), READ)
  const again = await api.put(`/notification/${first}/read`, undefined, { token })
  assert.deepEqual(dataOf(again, 200), { success: true, message: 'Notification already marked as read' })
  assert.equal(await unreadOf(bob), 4)
  const removed = await api.delete(`/notification/${ids[4]}`, { token })
  assert.deepEqual(dataOf(removed, 200), { success: true, message: 'Notification removed successfully' })
  assert.equal(await unreadOf(bob), 3)
  const all = await api.put('/notification/read-all', undefined, { token })
  assert.deepEqual(dataOf(all, 200), { success: true, message: 'All notifications marked as read' })
  assert.equal(await unreadOf(bob), 0)
  assert.ok((await feedOf(bob)).notifications.every((notification) => notification.is_read))
  await send(bob, bob, 'note', 'to myself')
  assert.equal(await unreadOf(bob), 1)
  assert.equal((await feedOf(bob)).total, 5)
  assert.deepEqual(dataOf(await api.get('/notifications/feed/', { token }), 200), await feedOf(bob))
})

test('notifications are their owner’s alone', async () => {
  const [ada, bob] = [await join(api), await join(api)]
  const id = await send(ada, bob, 'greeting')
  const asked = (token: string, which: number) => [
    api.get(`/notification/${which}`, { token }),
    api.put(`/notification/${which}/read`, undefined, { token }),
    api.delete(`/notification/${which}`, { token }),
  ]
  for (const answer of await Promise.all(asked(ada.token, id)))
    assertRefused(answer, 403, 'access to notification denied', 'NOTIFICATION_ACCESS_DENIED')
  for (const answer of await Promise.all(asked(ada.token, NOBODY)))
    assertRefused(answer, 404, 'notification not found', 'NOTIFICATION_NOT_FOUND')
  for (const path of ['/notification/feed', '/notification/unread-count', `/notification/${id}`])
    assertRefused(await api.get(path), 401, 'unauthenticated', 'UNAUTHENTICATED')
})

test('what breaks a rule is refused in the words of its route', async () => {
  const { token, id } = await join(api)
  for (const query of ['?page=0', '?page=x', '?limit=0', '?limit=101', '?limit=1.5', '?page=-1'])
    assertRefused(await api.get(`/notification/feed${query}`, { token }), 400, 'invalid input', 'INVALID_INPUT', true)
  assertRefused(await api.get('/notification/0', { token }), 400, 'validation failed', 'VALIDATION_FAILED')
  assertRefused(await api.get('/notification/x', { token }), 400, 'invalid input', 'INVALID_INPUT')
  const sending = (body: object) => api.post('/notification/send', body, { token })
  for (const body of [
    {},
    { user_id: id, type: 'x' },
    { user_id: 0, type: 'x', payload: 1 },
    { user_id: id, type: '', payload: 1 },
    { user_id: id, type: 'x'.repeat(51), payload: 1 },
    { user_id: id, type: 'x', payload: 'x'.repeat(16_384) },
    { user_id: id, type: 'x', payload: { text: 'nul \u0000' } },
  ])
    assertRefused(await sending(body), 400, 'validation failed', 'VALIDATION_FAILED')
  const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const deep = { token, text: `{"user_id":${id},"type":"x","payload":${nested}}` }
  assertRefused(await api.request('POST', '/notification/send', deep), 400, 'validation failed', 'VALIDATION_FAILED')
  const keyed = { ...deep, headers: { 'idempotency-key': `deep-${id}` } }
  assert.equal((await api.request('POST', '/notification/send', keyed)).status, 400)
  assertRefused(await sending({ user_id: 'x', type: 'x', payload: 1 }), 400, 'invalid input', 'INVALID_INPUT')
  assertRefused(await sending({ user_id: NOBODY, type: 'x', payload: 1 }), 404, 'user not found', 'USER_NOT_FOUND')
  for (const payload of [0, false, '', [], {}, { a: [1, 'zwei', null] }])
    assert.equal((await sending({ user_id: id, type: 'x', payload })).status, 200, JSON.stringify(payload))
  const { notifications } = dataOf(
    await api.get<{ notifications: NotificationView[] }>('/notification/feed', { token }),
    200,
  )
  assert.deepEqual(
    notifications.map(({ payload }) => payload),
    [{ a: [1, 'zwei', null] }, {}, [], '', false, 0],
  )
})

test('an idempotency key sends once', async () => {
  const [ada, bob] = [await join(api), await join(api)]
  const options = { token: ada.token, headers: { 'idempotency-key': `send-${ada.id}` } }
  const body = { user_id: bob.id, type: 'greeting', payload: {} }
  const first = dataOf(await api.post('/notification/send', body, options), 200)
  assert.deepEqual(dataOf(await api.post('/notification/send', body, options), 200), first)
  assert.equal((await feedOf(bob)).total, 1)
})
