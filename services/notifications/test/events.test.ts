import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { followCreated } from '@pharos/platform/contracts/events/follow-created.v1'
import { followersGathered } from '@pharos/platform/contracts/events/followers-gathered.v1'
import { notificationCreated } from '@pharos/platform/contracts/events/notification-created.v1'
import { notificationFannedOut } from '@pharos/platform/contracts/events/notification-fanned-out.v1'
import { userDeleted } from '@pharos/platform/contracts/events/user-deleted.v1'
import { deadLetterTopic } from '@pharos/platform/contracts/topics'
import { writeOnce } from '@pharos/platform/postgres/inbox'
import { statement } from '@pharos/platform/postgres/statement'
import { eventually } from '@pharos/platform/testing/eventually'
import { refusal, userNotFound } from '@pharos/platform/testing/refusals'
import { readTopic } from '../../../platform/test/kafka/world.ts'
import { notifyFollowee } from '../src/adapters/postgres/add-by-event.ts'
import { startWithKafka } from './kafka-world.ts'

let world: Awaited<ReturnType<typeof startWithKafka>>
before(async () => {
  world = await startWithKafka()
})
after(() => world[Symbol.asyncDispose]())

const handled = statement('test.handled', 'SELECT count(*) AS count FROM inbox WHERE event_id = ANY($1)')
const untilHandled = (...events: readonly { readonly id: string }[]) =>
  eventually(
    async () => {
      const [row] = await world.db.statement<{ count: number }>(handled, [events.map(({ id }) => id)])
      assert.equal(row?.count, events.length)
    },
    { timeoutMs: 20_000 },
  )
const feedOf = async (userId: number, query = '') =>
  (await world.feed(world.tokenFor(userId), query)).body?.data?.notifications ?? []

describe('follow.created', () => {
  test('is one notification to who is followed, also when it is delivered twice, and tells what the feed shows', async () => {
    const [ada, bob] = [await world.join(), await world.join()]
    const event = followCreated.event({ follower_id: bob.id, followee_id: ada.id })
    const last = followCreated.event({ follower_id: ada.id, followee_id: ada.id })
    await world.publish(event, event, last)
    await untilHandled(event, last)
    const [, shown, ...more] = await feedOf(ada.id)
    assert.deepEqual(more, [])
    assert.deepEqual(
      [shown?.user_id, shown?.type, shown?.payload, shown?.is_read],
      [ada.id, 'follow_created', { follower_id: bob.id }, false],
    )
    await eventually(async () => assert.equal((await world.toldOf(ada.id)).length, 2))
    const [told] = await world.toldOf(ada.id)
    assert.deepEqual([told?.type, told?.key], [notificationCreated.type, String(ada.id)])
    const { previous_id: previous, ...rest } = (told?.data ?? {}) as Record<string, unknown>
    assert.equal(previous, 0)
    assert.deepEqual({ ...rest, is_read: false }, shown)
  })

  test('of one user are shown in the order in which they happened', async () => {
    const ada = await world.join()
    const followers = Array.from({ length: 60 }, (_, index) => index + 1)
    const events = followers.map((follower_id) => followCreated.event({ follower_id, followee_id: ada.id }))
    await world.publish(...events)
    await untilHandled(...events)
    const shown = (await feedOf(ada.id, '?limit=100')).map(({ payload }) => payload as { follower_id: number })
    assert.deepEqual(shown.map(({ follower_id }) => follower_id).toReversed(), followers)
    assert.equal(await world.countUnread(ada.token), 60)
  })
})

describe('followers.gathered', () => {
  const post = { id: 7, author_id: 3, title: 'On "Engines" 💥' }

  test('is a notification to each of five hundred, and one event for all of them', async () => {
    const follower_ids = Array.from({ length: 500 }, (_, index) => 1_000_500 - index)
    const event = followersGathered.event({ post, follower_ids })
    await world.publish(event, event)
    await untilHandled(event)
    const payload = { post_id: 7, author_id: 3, title: post.title }
    const [told, ...more] = await world.toldOf(1_000_001)
    assert.deepEqual(more, [])
    const data = notificationFannedOut.schema.parse(told?.data)
    assert.deepEqual([data.type, data.payload, told?.key], ['post_published', payload, '1000001'])
    assert.deepEqual(
      data.recipients.map(({ user_id }) => user_id),
      follower_ids.toReversed(),
    )
    for (const { id, user_id } of data.recipients.filter((_, index) => index % 50 === 0)) {
      const { created_at, type } = data
      assert.deepEqual(await feedOf(user_id), [{ id, user_id, type, is_read: false, created_at, payload }])
      assert.equal(await world.countUnread(world.tokenFor(user_id)), 1)
    }
    assert.match(await world.metrics(), /^notifications_fanned_out_total 500$/m)
  })

  test('that names somebody twice is one notification to them', async () => {
    const event = followersGathered.event({ post, follower_ids: [2_000_001, 2_000_001, 2_000_002] })
    await world.publish(event)
    await untilHandled(event)
    assert.deepEqual([(await feedOf(2_000_001)).length, (await feedOf(2_000_002)).length], [1, 1])
  })
})

describe('user.deleted', () => {
  const seed = statement(
    'test.seed-inbox',
    `WITH added AS (
       INSERT INTO notifications (user_id, type, created_at) SELECT $1, 'seed', now() FROM generate_series(1, 1200) RETURNING id)
     INSERT INTO inboxes (user_id, total, unread, last_id) SELECT $1, count(*), count(*), max(id) FROM added`,
  )
  const left = statement(
    'test.left',
    `SELECT (SELECT count(*) FROM notifications WHERE user_id = $1) AS notifications,
       (SELECT count(*) FROM inboxes WHERE user_id = $1) AS inboxes, (SELECT count(*) FROM batched_work) AS work`,
  )

  const nothing = [{ notifications: 0, inboxes: 0, work: 0 }]
  const lock = statement('test.lock', 'SELECT 1 FROM inboxes WHERE user_id = $1 FOR UPDATE')
  const waiting = statement(
    'test.waiting',
    `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )

  test('removes all that the user had, and what comes later for them is dropped', async () => {
    const [ada, bob] = [await world.join(), await world.join()]
    await world.db.statement(seed, [ada.id])
    await world.sent(bob.token, ada.id)
    const kept = await world.sent(ada.token, bob.id)
    const { status } = await world.usersApi.delete(`/users/${ada.id}`, { token: ada.token })
    assert.equal(status, 204)
    await eventually(async () => assert.deepEqual(await world.db.statement(left, [ada.id]), nothing))

    const follow = followCreated.event({ follower_id: bob.id, followee_id: ada.id })
    const gathered = followersGathered.event({
      post: { id: 1, author_id: 2, title: 'x' },
      follower_ids: [ada.id, bob.id],
    })
    await world.publish(follow, gathered)
    await untilHandled(follow, gathered)
    assert.deepEqual(await world.db.statement(left, [ada.id]), nothing)
    assert.deepEqual(refusal(await world.send(bob.token, ada.id)), userNotFound)
    assert.deepEqual(
      (await feedOf(bob.id)).map(({ id, type }) => [id === kept, type]),
      [
        [false, 'post_published'],
        [true, 'note'],
      ],
    )
    const told = (await world.toldOf(bob.id)).find(({ type }) => type === notificationFannedOut.type)
    assert.deepEqual(
      notificationFannedOut.schema.parse(told?.data).recipients.map(({ user_id }) => user_id),
      [bob.id],
    )
  })

  test('finds also what is being added by who has not seen it', async () => {
    const [ada, bob] = [await world.join(), await world.join()]
    await world.sent(bob.token, ada.id)
    const event = followCreated.event({ follower_id: bob.id, followee_id: ada.id })
    const { adding } = await world.db.transaction(async (tx) => {
      await tx.statement(lock, [ada.id])
      const values = notifyFollowee.valuesOf(event)
      const added = writeOnce(world.db, notifyFollowee.statement, values, { consumer: 'another', eventId: event.id })
      await eventually(async () => assert.equal((await world.db.statement(waiting, [])).length, 1))
      await world.usersApi.delete(`/users/${ada.id}`, { token: ada.token })
      await eventually(async () => assert.equal((await world.db.statement(waiting, [])).length, 2))
      return { adding: added }
    })
    assert.equal(await adding, true)
    await eventually(async () => assert.deepEqual(await world.db.statement(left, [ada.id]), nothing))
  })

  test('of somebody who never had any is no more than a note that they are gone', async () => {
    const event = userDeleted.event({ id: 3_000_001, version: 2 })
    const follow = followCreated.event({ follower_id: 1, followee_id: 3_000_001 })
    await world.publish(event)
    await untilHandled(event)
    await world.publish(follow)
    await untilHandled(follow)
    await eventually(async () => assert.deepEqual(await world.db.statement(left, [3_000_001]), nothing))
  })
})

test('what breaks its contract goes to the dead letters, and what follows it is handled', async () => {
  const ada = await world.join()
  const poison = followCreated.event({ follower_id: 1, followee_id: ada.id })
  const next = followCreated.event({ follower_id: 2, followee_id: ada.id })
  await world.producer.publish([
    { ...poison, data: '{"follower_id":"one"}' },
    { ...next, data: JSON.stringify(next.data) },
  ])
  await untilHandled(next)
  assert.deepEqual(
    (await feedOf(ada.id)).map(({ payload }) => payload),
    [{ follower_id: 2 }],
  )
  const topic = world.topicPrefix + deadLetterTopic('pharos.relations.v1')
  const [dead] = await readTopic(world.brokers, topic, 1)
  assert.equal(dead?.headers['ce_id'], poison.id)
  assert.match(dead?.headers['x-error-message'] ?? '', /follower_id: invalid_type/)
})
