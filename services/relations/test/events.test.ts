import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { userCreated } from '@pharos/platform/contracts/events/user-created.v1'
import { userDeleted } from '@pharos/platform/contracts/events/user-deleted.v1'
import { userUpdated } from '@pharos/platform/contracts/events/user-updated.v1'
import { eventually } from '@pharos/platform/testing/eventually'
import { testTopics } from '@pharos/platform/testing/stores'
import { refusal, userNotFound } from '@pharos/platform/testing/refusals'
import { removeFollows } from '../src/adapters/postgres/remove-follows.ts'
import { startRelations } from './relations-service.ts'
import type { RelationsUnderTest } from './relations-service.ts'

const TOPICS = { only: ['pharos.users.v1', 'pharos.posts.v1', 'pharos.relations.v1'] }

let stack: AsyncDisposableStack
let relations: RelationsUnderTest
before(async () => {
  stack = new AsyncDisposableStack()
  const kafka = stack.use(await testTopics(TOPICS))
  relations = stack.use(await startRelations({ kafka, keepEvents: true }))
})
after(() => stack.disposeAsync())

let lastId = 2_000_000
const newUser = async () => {
  const id = (lastId += 1)
  const user = { id, username: `user_${id}`, email: `${id}@example.org`, version: 1 }
  await relations.publish(userCreated.event(user))
  return { ...user, token: relations.tokenFor(id) }
}
const gone = (id: number) => userDeleted.event({ id, version: 9 })
const namesIn = async (id: number) =>
  (await relations.followers(id)).body?.data?.followers.map(({ username }) => username)
const isGone = (id: number) =>
  eventually(async () => assert.deepEqual(refusal(await relations.followers(id)), userNotFound))
const noWorkLeft = () => eventually(async () => assert.deepEqual(await relations.run('SELECT 1 FROM batched_work'), []))
const eventsAbout = async (id: number) =>
  (await relations.events())
    .filter(({ data }) => data['follower_id'] === id || data['followee_id'] === id)
    .map(({ type, data }) => `${type} ${String(data['follower_id'])}→${String(data['followee_id'])}`)
const differingCounts = () =>
  relations.run(
    `SELECT user_id FROM follow_counts AS kept WHERE NOT closed AND (followers, followees) IS DISTINCT FROM
       ((SELECT count(*) FROM follows WHERE followee_id = user_id), (SELECT count(*) FROM follows WHERE follower_id = user_id))`,
  )

describe('what users publishes', () => {
  test('is what lists show, without asking users: new people, new names, and nothing that is older', async () => {
    const [ada, bob] = [await newUser(), await newUser()]
    await eventually(async () => assert.equal((await relations.follow(ada, bob)).status, 200))
    await eventually(async () => assert.deepEqual(await namesIn(bob.id), [ada.username]))
    const renamed = { ...ada, username: `${ada.username}_lovelace`, version: 3 }
    await relations.publish(userUpdated.event({ ...renamed, changed: ['username'] }))
    await relations.publish(userUpdated.event({ ...ada, username: 'older', version: 2, changed: ['username'] }))
    await relations.publish(userUpdated.event({ ...renamed, username: 'not-a-change', version: 4, changed: ['bio'] }))
    const avatar_url = 'https://example.org/ada.png'
    await relations.publish(userUpdated.event({ ...renamed, avatar_url, version: 5, changed: ['avatar_url'] }))
    await eventually(async () =>
      assert.deepEqual((await relations.followers(bob.id)).body?.data?.followers, [
        { id: ada.id, username: renamed.username, avatar_url },
      ]),
    )
  })

  test('a deletion ends the follows on both sides, counts the others and tells of each follow once', async () => {
    const [ada, bob, eve] = [await newUser(), await newUser(), await newUser()]
    for (const [who, whom] of [
      [ada, bob],
      [bob, ada],
      [eve, bob],
      [ada, eve],
    ] as const)
      await eventually(async () => assert.equal((await relations.follow(who, whom)).status, 200))
    const deletion = gone(bob.id)
    await relations.publish(deletion, deletion)
    await isGone(bob.id)
    await noWorkLeft()
    assert.deepEqual(await relations.counts(ada.id), { followers: 0, followees: 1 })
    assert.deepEqual(await relations.counts(eve.id), { followers: 1, followees: 0 })
    assert.deepEqual(
      (await relations.followees(ada.id)).body?.data?.followees.map(({ id }) => id),
      [eve.id],
    )
    assert.deepEqual(refusal(await relations.followees(bob.id)), userNotFound)
    assert.deepEqual(refusal(await relations.follow(ada, bob)), userNotFound)
    const about = (await eventsAbout(bob.id)).filter((text) => text.startsWith('follow.deleted'))
    assert.deepEqual(
      about.toSorted(),
      [
        `follow.deleted ${ada.id}→${bob.id}`,
        `follow.deleted ${bob.id}→${ada.id}`,
        `follow.deleted ${eve.id}→${bob.id}`,
      ].toSorted(),
    )
    await relations.publish(userUpdated.event({ ...bob, version: 5, changed: ['username'] }))
    await relations.publish(deletion)
    await newUser()
    await isGone(bob.id)
  })

  test('deletions at once of users who follow each other and a thousand others end every follow once', async () => {
    const crowd = [await newUser(), await newUser(), await newUser()].map(({ id }) => id)
    await relations.run(
      `INSERT INTO follows (follower_id, followee_id, created_at)
       SELECT one, other, now() FROM unnest($1::bigint[]) AS one, unnest($1::bigint[]) AS other WHERE one <> other
       UNION ALL SELECT one, n, now() FROM unnest($1::bigint[]) AS one, generate_series(1, 600) AS n
       UNION ALL SELECT n, one, now() FROM unnest($1::bigint[]) AS one, generate_series(1, 600) AS n`,
      [crowd],
    )
    await relations.run(
      `INSERT INTO follow_counts SELECT member, (SELECT count(*) FROM follows WHERE followee_id = member),
         (SELECT count(*) FROM follows WHERE follower_id = member)
       FROM (SELECT unnest($1::bigint[]) AS member UNION SELECT generate_series(1, 600)) AS everybody`,
      [crowd],
    )
    const deletions = crowd.map(gone)
    await relations.publish(...deletions, ...deletions)
    for (const id of crowd) await isGone(id)
    await noWorkLeft()
    assert.deepEqual(
      await relations.run('SELECT 1 FROM follows WHERE follower_id = ANY($1) OR followee_id = ANY($1)', [crowd]),
      [],
    )
    assert.deepEqual(await differingCounts(), [])
    const ended = new Set<string>()
    for (const id of crowd) {
      const about = await eventsAbout(id)
      assert.equal(new Set(about).size, about.length, 'each follow is told of once')
      for (const text of about) ended.add(text)
    }
    assert.equal(ended.size, 6 + 3 * 1_200)
  })
})

describe('a follow at the moment of a deletion', () => {
  const bury = 'UPDATE user_cards SET deleted = true, username = NULL WHERE id = $1'

  test('that was decided before it and comes after it is refused and leaves nothing', async () => {
    for (const side of ['followee', 'follower'] as const) {
      const [ada, bob] = [await newUser(), await newUser()]
      await eventually(async () => assert.equal((await relations.follow(bob, ada)).status, 200))
      await eventually(async () => assert.equal((await relations.followers(bob.id)).status, 200))
      const leaving = side === 'followee' ? bob : ada
      let answer: ReturnType<typeof relations.follow> | undefined
      await relations.db.transaction(async (tx) => {
        await removeFollows(tx, { userId: leaving.id }, 0)
        answer = relations.follow(ada, bob)
        await relations.waiting(1)
        await tx.connection.query(bury, [leaving.id])
      })
      assert.ok(answer)
      assert.equal((await answer).status, side === 'followee' ? 404 : 401)
      assert.deepEqual(
        await relations.run('SELECT 1 FROM follows WHERE follower_id = $1 AND followee_id = $2', [ada.id, bob.id]),
        [],
      )
      assert.ok(!(await eventsAbout(bob.id)).includes(`follow.created ${ada.id}→${bob.id}`))
    }
  })

  test('that came before it is ended by it', async () => {
    const [ada, bob] = [await newUser(), await newUser()]
    await relations.db.transaction(async (tx) => {
      await tx.connection.query('INSERT INTO follows (follower_id, followee_id, created_at) VALUES ($1, $2, now())', [
        ada.id,
        bob.id,
      ])
      await tx.connection.query('INSERT INTO follow_counts VALUES ($1, 0, 1), ($2, 1, 0)', [ada.id, bob.id])
      await relations.publish(gone(bob.id))
      await relations.waiting(1)
    })
    await isGone(bob.id)
    await noWorkLeft()
    assert.deepEqual(await relations.countedAnew(bob.id), { followers: 0, followees: 0 })
    assert.deepEqual(await relations.counts(ada.id), { followers: 0, followees: 0 })
    assert.deepEqual(await eventsAbout(bob.id), [`follow.deleted ${ada.id}→${bob.id}`])
  })
})

test('what relations publishes leaves the outbox', async () => {
  await using kafka = await testTopics(TOPICS)
  await using publishing = await startRelations({ kafka })
  const [ada, bob] = [await publishing.join(), await publishing.join()]
  assert.equal((await publishing.follow(ada, bob)).status, 200)
  assert.equal((await publishing.unfollow(ada, bob)).status, 200)
  await eventually(async () => assert.deepEqual(await publishing.events(), []))
})
