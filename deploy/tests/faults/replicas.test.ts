import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FeedPageView } from '@pharos/platform/contracts/http/notifications'
import type { CreatedPostView, PostPageView, PostView } from '@pharos/platform/contracts/http/posts'
import type { FollowerPageView } from '@pharos/platform/contracts/http/relations'
import { createApiClient } from '@pharos/platform/testing/api-client'
import type { ApiClient } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import type { System } from '../../local/system.ts'
import { assertRefused, dataOf } from '../answers.ts'
import { join } from '../journeys/platform.ts'
import type { Member } from '../journeys/platform.ts'
import { openSocket, openStream } from '../live-client.ts'
import { query } from '../query.ts'
import { startTestSystem } from '../test-system.ts'
import type { TestSystem } from '../test-system.ts'

let platform: TestSystem
let replicas: Pick<System, 'services' | 'url'>
let here: ApiClient
let there: ApiClient
before(async () => {
  platform = await startTestSystem({ env: { RATE_LIMIT: 'off' } })
  replicas = await platform.system.addReplicas()
  here = platform.client()
  there = createApiClient(replicas.url)
})
after(async () => {
  await there?.[Symbol.asyncDispose]()
  await platform?.[Symbol.asyncDispose]()
})

test('what one instance has answered to a write, every other shows at once', async () => {
  const { id: author, token } = await join(here)
  const { id } = dataOf(await here.post<CreatedPostView>('/posts', { title: '0' }, { token }), 201)
  for (let n = 1; n <= 20; n += 1) {
    const [writer, reader] = n % 2 === 0 ? [here, there] : [there, here]
    dataOf(await reader.get(`/posts/${id}`), 200)
    dataOf(await writer.put(`/posts/${id}`, { title: `${n}` }, { token }), 200)
    await eventually(async () => assert.equal(dataOf(await reader.get<PostView>(`/posts/${id}`), 200).title, `${n}`))
  }
  dataOf(await there.delete(`/posts/${id}`, { token }), 200)
  await eventually(async () => assert.equal((await here.get(`/posts/${id}`)).status, 404))
  assert.equal(dataOf(await here.get<PostPageView>(`/posts/list?author_id=${author}`), 200).total, 0)
})

test('a follow over one way in reaches live connections on both, once each', async () => {
  const [star, ada] = [await join(here), await join(there)]
  using stream = await openStream(platform.system.url, star)
  using socket = await openSocket(replicas.url, star)
  dataOf(
    await there.post('/relation/follow', { followee_id: star.id }, { token: ada.token }),
    200,
    'Followed successfully',
  )
  await eventually(() => assert.deepEqual([stream.messages.length, socket.messages.length], [1, 1]))
})

test('work is shared: of 400 follows and 40 posts by both ways each has its one effect', async () => {
  const members: Member[] = []
  for (let n = 0; n < 21; n += 1) members.push(await join(n % 2 === 0 ? here : there))
  const pairs = members.flatMap((from) => members.filter((to) => to !== from).map((to) => ({ from, to }))).slice(0, 400)
  await Promise.all(
    pairs.map(async ({ from, to }, n) => {
      const api = n % 2 === 0 ? here : there
      const answer = await api.post('/relation/follow', { followee_id: to.id }, { token: from.token })
      dataOf(answer, 200, 'Followed successfully')
    }),
  )
  const ids = members.map(({ id }) => id).join(',')
  const counted = async (text: string): Promise<unknown> =>
    (await query(platform.system.databases.notifications, text))[0]
  const followsOf = `SELECT count(*)::int AS count, count(DISTINCT (user_id, payload->>'follower_id'))::int AS once
    FROM notifications WHERE type = 'follow_created' AND user_id IN (${ids})`
  await eventually(async () => assert.deepEqual(await counted(followsOf), { count: 400, once: 400 }))

  const [author] = members as [Member]
  const { total: fans } = dataOf(await here.get<FollowerPageView>(`/relation/${author.id}/followers`), 200)
  for (let n = 0; n < 40; n += 1) {
    const api = n % 2 === 0 ? here : there
    dataOf(await api.post('/posts', { title: `${n}` }, { token: author.token }), 201)
  }
  const postsOf = `SELECT count(*)::int AS count, count(DISTINCT (user_id, payload->>'post_id'))::int AS once
    FROM notifications WHERE type = 'post_published' AND (payload->>'author_id')::bigint = ${author.id}`
  await eventually(async () => assert.deepEqual(await counted(postsOf), { count: 40 * fans, once: 40 * fans }))
  const { total } = dataOf(
    await there.get<FeedPageView>('/notification/feed', { token: (members[1] as Member).token }),
    200,
  )
  assert.ok(total >= 40)
})

test('a session that is ended at one instance is ended at all', async () => {
  const ada = await join(here)
  dataOf(await there.put(`/users/${ada.id}`, { bio: 'x' }, { token: ada.token }), 200)
  assert.equal((await here.delete(`/users/${ada.id}`, { token: ada.token })).status, 204)
  await eventually(async () =>
    assertRefused(
      await there.get('/notification/feed', { token: ada.token }),
      401,
      'unauthenticated',
      'UNAUTHENTICATED',
    ),
  )
})

test('with one of the instances gone the others go on, and its partitions are taken over', async () => {
  const ada = await join(here)
  // More than there are partitions, so that some of them belong to those who are killed.
  const stars: Member[] = []
  for (let n = 0; n < 16; n += 1) stars.push(await join(here))
  await Promise.all([replicas.services.notifications.kill(), replicas.services.relations.kill()])
  for (const { id } of stars) {
    const answer = await here.post('/relation/follow', { followee_id: id }, { token: ada.token })
    dataOf(answer, 200, 'Followed successfully')
  }
  const counted = `SELECT count(*)::int AS count FROM notifications WHERE user_id IN (${stars.map(({ id }) => id).join(',')})`
  await eventually(
    async () =>
      assert.deepEqual(await query(platform.system.databases.notifications, counted), [{ count: stars.length }]),
    { timeoutMs: 60_000 },
  )
})
