import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FolloweePageView, FollowerPageView } from '@pharos/platform/contracts/http/relations'
import type { ApiClient } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import { assertRefused, dataOf } from '../answers.ts'
import { join, openPlatform } from './platform.ts'
import type { Member, Platform } from './platform.ts'

const NOBODY = 9_007_199_254_740_991

let platform: Platform
let api: ApiClient
before(async () => {
  platform = await openPlatform()
  api = platform.client()
})
after(() => platform?.[Symbol.asyncDispose]())

const follow = (from: Member, to: { readonly id: number }, headers = {}) =>
  api.post('/relation/follow', { followee_id: to.id }, { token: from.token, headers })
const unfollow = (from: Member, to: { readonly id: number }) =>
  api.post('/relation/unfollow', { followee_id: to.id }, { token: from.token })
const followers = async (id: number, query = ''): Promise<FollowerPageView> =>
  dataOf(await api.get<FollowerPageView>(`/relation/${id}/followers${query}`), 200)
const followees = async (id: number, query = ''): Promise<FolloweePageView> =>
  dataOf(await api.get<FolloweePageView>(`/relation/${id}/followees${query}`), 200)

test('following and unfollowing show in both lists, newest first, with true totals', async () => {
  const star = await join(api)
  const fans = [await join(api, { avatar_url: 'https://example.org/a.png' }), await join(api), await join(api)]
  assert.deepEqual(await followers(star.id), { followers: [], total: 0, page: 1, limit: 20 })
  for (const fan of fans) assert.equal(dataOf(await follow(fan, star), 200, 'Followed successfully'), undefined)
  const shown = fans.map(({ id, username }, n) => ({
    id,
    username,
    ...(n === 0 && { avatar_url: 'https://example.org/a.png' }),
  }))
  await eventually(async () =>
    assert.deepEqual(await followers(star.id), { followers: shown.toReversed(), total: 3, page: 1, limit: 20 }),
  )
  const { followers: second, ...page } = await followers(star.id, '?page=2&limit=2')
  assert.deepEqual([second, page], [[shown[0]], { total: 3, page: 2, limit: 2 }])
  const [first] = fans
  assert.ok(first)
  const { id, username } = star
  assert.deepEqual(await followees(first.id), { followees: [{ id, username }], total: 1, page: 1, limit: 20 })

  dataOf(await unfollow(first, star), 200, 'Unfollowed successfully')
  assert.equal((await followers(star.id)).total, 2)
  assert.deepEqual(await followees(first.id), { followees: [], total: 0, page: 1, limit: 20 })
  assert.deepEqual(dataOf(await api.get(`/relations/${star.id}/followers/`), 200), await followers(star.id))
})

test('each way in which a follow cannot be has its own refusal', async () => {
  const [ada, bob] = [await join(api), await join(api)]
  assertRefused(await follow(ada, ada), 400, 'cannot follow yourself', 'FOLLOW_SELF')
  assertRefused(await unfollow(ada, ada), 400, 'cannot unfollow yourself', 'FOLLOW_SELF')
  assertRefused(await follow(ada, { id: NOBODY }), 404, 'user not found', 'USER_NOT_FOUND')
  assertRefused(await unfollow(ada, bob), 404, 'follow relation not found', 'FOLLOW_NOT_FOUND')
  dataOf(await follow(ada, bob), 200, 'Followed successfully')
  assertRefused(await follow(ada, bob), 409, 'already following this user', 'FOLLOW_EXISTS')
  const { token } = ada
  for (const path of ['/relation/follow', '/relation/unfollow']) {
    assertRefused(await api.post(path, { followee_id: bob.id }), 401, 'unauthenticated', 'UNAUTHENTICATED')
    assertRefused(await api.post(path, { followee_id: 'x' }, { token }), 400, 'invalid input', 'INVALID_INPUT')
    assertRefused(await api.post(path, { followee_id: 0 }, { token }), 400, 'validation failed', 'VALIDATION_FAILED')
    assertRefused(await api.post(path, {}, { token }), 400, 'validation failed', 'VALIDATION_FAILED')
  }
})

test('lists fall back for a strange page or limit, and refuse a user who is not there', async () => {
  const ada = await join(api)
  for (const query of ['?page=0&limit=0', '?page=x&limit=101', '?page=-1&limit=1.5', '?page=&limit='])
    assert.deepEqual(await followers(ada.id, query), { followers: [], total: 0, page: 1, limit: 20 })
  for (const which of ['followers', 'followees']) {
    assertRefused(await api.get(`/relation/${NOBODY}/${which}`), 404, 'user not found', 'USER_NOT_FOUND')
    assertRefused(await api.get(`/relation/0/${which}`), 400, 'validation failed', 'VALIDATION_FAILED')
    assertRefused(await api.get(`/relation/x/${which}`), 400, 'invalid input', 'INVALID_INPUT')
  }
})

test('of two follows at once one is made, and with a key both are told so', async () => {
  const [ada, bob, star] = [await join(api), await join(api), await join(api)]
  const statuses = (await Promise.all([follow(ada, star), follow(ada, star)])).map(({ status }) => status)
  assert.deepEqual(
    statuses.toSorted((left, right) => left - right),
    [200, 409],
  )
  const key = { 'idempotency-key': `follow-${bob.id}` }
  for (let n = 0; n < 2; n += 1) dataOf(await follow(bob, star, key), 200, 'Followed successfully')
  assert.equal((await followers(star.id)).total, 2)
})

test('who deletes the account follows nobody and is followed by nobody any more', async () => {
  const [ada, bob, gone] = [await join(api), await join(api), await join(api)]
  for (const [from, to] of [
    [gone, ada],
    [ada, gone],
    [bob, gone],
  ] as const)
    dataOf(await follow(from, to), 200, 'Followed successfully')
  assert.equal((await api.delete(`/users/${gone.id}`, { token: gone.token })).status, 204)
  await eventually(async () => {
    assert.equal((await followers(ada.id)).total, 0)
    assert.equal((await followees(ada.id)).total, 0)
    assert.equal((await followees(bob.id)).total, 0)
    assertRefused(await follow(ada, gone), 404, 'user not found', 'USER_NOT_FOUND')
    assertRefused(await api.get(`/relation/${gone.id}/followers`), 404, 'user not found', 'USER_NOT_FOUND')
  })
})
