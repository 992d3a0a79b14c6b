import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import {
  invalidInput,
  invalidToken,
  refusal,
  refused,
  unauthenticated,
  userNotFound,
  validationFailed,
} from '@pharos/platform/testing/refusals'
import {
  alreadyFollowing,
  cannotFollowSelf,
  cannotUnfollowSelf,
  followNotFound,
  startRelations,
} from './relations-service.ts'
import type { RelationsUnderTest } from './relations-service.ts'

let relations: RelationsUnderTest
before(async () => {
  relations = await startRelations()
})
after(() => relations[Symbol.asyncDispose]())

const people = () => Promise.all([relations.join(), relations.join()])
const eventsOf = async (followeeId: number) =>
  (await relations.events()).filter(({ key }) => key === String(followeeId)).map(({ type, data }) => [type, data])

describe('POST /relation/follow', () => {
  test('follows, counts both sides and tells of it', async () => {
    const [ada, bob] = await people()
    const { status, body } = await relations.follow(ada, bob)
    assert.deepEqual([status, body?.status, body?.message], [200, 200, 'Followed successfully'])
    assert.equal(body && 'data' in body, false)
    assert.deepEqual(await relations.counts(ada.id), { followers: 0, followees: 1 })
    assert.deepEqual(await relations.counts(bob.id), { followers: 1, followees: 0 })
    assert.deepEqual(await eventsOf(bob.id), [['follow.created', { follower_id: ada.id, followee_id: bob.id }]])
  })

  test('shows in both lists at once', async () => {
    const [ada, bob] = await people()
    await relations.follow(ada, bob)
    assert.deepEqual(
      (await relations.followers(bob.id)).body?.data?.followers.map(({ id }) => id),
      [ada.id],
    )
    assert.deepEqual(
      (await relations.followees(ada.id)).body?.data?.followees.map(({ id }) => id),
      [bob.id],
    )
  })

  test('does nothing the second time', async () => {
    const [ada, bob] = await people()
    await relations.follow(ada, bob)
    assert.deepEqual(refusal(await relations.follow(ada, bob)), alreadyFollowing)
    assert.deepEqual(await relations.counts(bob.id), { followers: 1, followees: 0 })
    assert.equal((await eventsOf(bob.id)).length, 1)
  })

  test('works in both directions and again after an unfollow', async () => {
    const [ada, bob] = await people()
    for (const step of [
      () => relations.follow(ada, bob),
      () => relations.follow(bob, ada),
      () => relations.unfollow(ada, bob),
      () => relations.follow(ada, bob),
    ])
      assert.equal((await step()).status, 200)
    assert.deepEqual(await relations.counts(ada.id), { followers: 1, followees: 1 })
    assert.deepEqual(await relations.counts(bob.id), { followers: 1, followees: 1 })
    const types = (await eventsOf(bob.id)).map(([type]) => type)
    assert.deepEqual(types, ['follow.created', 'follow.deleted', 'follow.created'])
  })

  test('refuses oneself before it asks whether anybody is there', async () => {
    const nobody = { id: 900_000_001, token: relations.tokenFor(900_000_001) }
    assert.deepEqual(refusal(await relations.follow(nobody, nobody)), cannotFollowSelf)
  })

  test('refuses who does not exist', async () => {
    const ada = await relations.join()
    assert.deepEqual(refusal(await relations.follow(ada, { id: 900_000_002 })), userNotFound)
    assert.deepEqual(await relations.counts(ada.id), { followers: 0, followees: 0 })
  })

  test('refuses whose account is gone, also who was followed before', async () => {
    const [ada, bob] = await people()
    await relations.follow(ada, bob)
    await relations.run('UPDATE user_cards SET deleted = true, username = NULL WHERE id = $1', [bob.id])
    assert.deepEqual(refusal(await relations.follow(ada, bob)), userNotFound)
  })

  test('refuses a follower whose account is gone like a session that was revoked', async () => {
    const [ada, bob] = await people()
    await relations.run('INSERT INTO user_cards (id, version, deleted) VALUES ($1, 2, true)', [ada.id])
    await relations.run('INSERT INTO follow_counts VALUES ($1, 0, 0, true)', [ada.id])
    assert.deepEqual(refusal(await relations.follow(ada, bob)), unauthenticated)
    assert.deepEqual(await relations.counts(bob.id), { followers: 0, followees: 0 })
    assert.deepEqual(await eventsOf(bob.id), [])
  })

  test('gives the first answer again to the same key, and refuses another body', async () => {
    const [ada, bob] = await people()
    const key = { 'idempotency-key': randomUUID() }
    const first = await relations.follow(ada, bob, key)
    const second = await relations.follow(ada, bob, key)
    assert.deepEqual([first.status, second.status, second.text], [200, 200, first.text])
    assert.equal(second.headers['idempotency-replayed'], 'true')
    assert.deepEqual(await relations.counts(bob.id), { followers: 1, followees: 0 })
    assert.equal((await eventsOf(bob.id)).length, 1)
    const other = await relations.follow(ada, { id: ada.id }, key)
    assert.deepEqual(refusal(other), refused(422, 'idempotency key reused', 'IDEMPOTENCY_KEY_REUSED'))
  })

  test('finds a refusal anew for the same key', async () => {
    const [ada, bob] = await people()
    const key = { 'idempotency-key': randomUUID() }
    await relations.follow(ada, bob)
    assert.deepEqual(refusal(await relations.follow(ada, bob, key)), alreadyFollowing)
    await relations.unfollow(ada, bob)
    assert.equal((await relations.follow(ada, bob, key)).status, 200)
    assert.deepEqual(await relations.counts(bob.id), { followers: 1, followees: 0 })
  })
})

describe('POST /relation/unfollow', () => {
  test('ends a follow, counts both sides and tells of it', async () => {
    const [ada, bob] = await people()
    await relations.follow(ada, bob)
    const { status, body } = await relations.unfollow(ada, bob)
    assert.deepEqual([status, body?.message], [200, 'Unfollowed successfully'])
    assert.deepEqual(await relations.counts(ada.id), { followers: 0, followees: 0 })
    assert.deepEqual(await relations.counts(bob.id), { followers: 0, followees: 0 })
    assert.deepEqual((await eventsOf(bob.id)).at(-1), ['follow.deleted', { follower_id: ada.id, followee_id: bob.id }])
    assert.deepEqual((await relations.followers(bob.id)).body?.data?.followers, [])
  })

  test('refuses what is not there: a second time, the other direction, nobody', async () => {
    const [ada, bob] = await people()
    await relations.follow(ada, bob)
    assert.deepEqual(refusal(await relations.unfollow(bob, ada)), followNotFound)
    await relations.unfollow(ada, bob)
    assert.deepEqual(refusal(await relations.unfollow(ada, bob)), followNotFound)
    assert.deepEqual(refusal(await relations.unfollow(ada, { id: 900_000_003 })), followNotFound)
    assert.equal((await eventsOf(bob.id)).length, 2)
    assert.deepEqual(refusal(await relations.unfollow(ada, ada)), cannotUnfollowSelf)
  })
})

for (const path of ['/relation/follow', '/relation/unfollow']) {
  describe(`the input of POST ${path}`, () => {
    test('is checked after who asks, by its form and then by its rule', async () => {
      const { token } = await relations.join()
      const post = (body: unknown, as: string | undefined = token) => relations.api.post(path, body, { token: as })
      assert.deepEqual(refusal(await relations.api.post(path, { followee_id: 'x' })), unauthenticated)
      assert.deepEqual(refusal(await post({ followee_id: 'x' }, 'nonsense')), invalidToken)
      for (const wrong of ['1', 1.5, 2 ** 53, true, [1], {}, '\u0000'])
        assert.deepEqual(refusal(await post({ followee_id: wrong })), invalidInput, JSON.stringify(wrong))
      for (const wrong of [0, -1, null, undefined])
        assert.deepEqual(refusal(await post({ followee_id: wrong })), validationFailed, JSON.stringify(wrong))
      for (const wrong of [[], 'x', 7]) assert.deepEqual(refusal(await post(wrong)), invalidInput)
      for (const text of ['{"followee_id":', ''])
        assert.deepEqual(refusal(await relations.api.request('POST', path, { text, token })), invalidInput, text)
      const { body } = await post({ followee_id: 0 })
      assert.deepEqual(body?.details, [{ path: 'followee_id', message: 'must be at least 1' }])
      const form = { text: 'followee_id=1', token, headers: { 'content-type': 'application/x-www-form-urlencoded' } }
      const unsupported = refused(415, 'unsupported media type', 'UNSUPPORTED_MEDIA_TYPE')
      assert.deepEqual(refusal(await relations.api.request('POST', path, form)), unsupported)
    })

    test('is taken at all paths of the operation, and unknown fields are ignored', async () => {
      const ada = await relations.join()
      const { token } = ada
      for (const prefix of ['/relation', '/relations']) {
        for (const slash of ['', '/']) {
          const bob = await relations.join()
          if (path.endsWith('unfollow')) await relations.follow(ada, bob)
          const spelling = `${path.replace('/relation', prefix)}${slash}`
          const { status } = await relations.api.post(spelling, { followee_id: bob.id, extra: 1 }, { token })
          assert.equal(status, 200, spelling)
        }
      }
    })

    test('is not read by another method', async () => {
      const wrong = await relations.api.get(path)
      assert.deepEqual(refusal(wrong), refused(405, 'method not allowed', 'METHOD_NOT_ALLOWED'))
      assert.equal(wrong.headers['allow'], 'POST, OPTIONS')
    })
  })
}
