import assert from 'node:assert/strict'
import { test } from 'node:test'
import { followCreated } from '@pharos/platform/contracts/events/follow-created.v1'
import { statement } from '@pharos/platform/postgres/statement'
import { eventually } from '@pharos/platform/testing/eventually'
import { listenLive, startWithKafka } from './kafka-world.ts'
import { isConsuming } from './notifications-service.ts'

const EVENTS = 300
const PEOPLE = 30
const PATIENCE = { timeoutMs: 60_000 }

const count = statement('test.count', 'SELECT count(*) AS count FROM notifications')
const lock = statement('test.lock', 'SELECT 1 FROM inboxes WHERE user_id = $1 FOR UPDATE')

test('a second instance that joins in the middle of it neither doubles nor loses anything', async () => {
  await using world = await startWithKafka()
  const people = Array.from({ length: PEOPLE }, (_, index) => index + 1)
  await using live = await listenLive(world.redisUrl, people)
  const notifications = async () => (await world.db.statement<{ count: number }>(count, []))[0]?.count ?? 0
  const follow = (index: number) => followCreated.event({ follower_id: index + 1, followee_id: (index % PEOPLE) + 1 })
  const events = Array.from({ length: EVENTS }, (_, index) => follow(index))

  await world.publish(...events.slice(0, PEOPLE))
  await eventually(async () => assert.equal(await notifications(), PEOPLE), PATIENCE)
  // Somebody's inbox is locked, so the first instance is stuck in the middle of a batch while the second joins.
  await using other = await world.db.transaction(async (tx) => {
    await tx.statement(lock, [1])
    // Half of them come twice; what follows them says when the repetition was handled.
    const half = events.slice(0, EVENTS / 2)
    await world.publish(...half.slice(PEOPLE), ...half, ...events.slice(EVENTS / 2))
    const joining = await world.startAnother()
    await eventually(async () => assert.ok(await isConsuming(joining)), PATIENCE)
    assert.ok((await notifications()) < EVENTS)
    return joining
  })

  await eventually(async () => assert.equal(await notifications(), EVENTS), PATIENCE)
  await eventually(async () => assert.deepEqual(await world.events(), []), PATIENCE)
  assert.ok(await isConsuming(other))
  for (const id of people) {
    const { body } = await world.feed(world.tokenFor(id), '?limit=100')
    const shown = (body?.data?.notifications ?? []).toReversed()
    const expected = events.filter(({ data }) => data.followee_id === id).map(({ data }) => data.follower_id)
    assert.deepEqual(
      shown.map(({ payload }) => (payload as { follower_id: number }).follower_id),
      expected,
    )
    await eventually(() => {
      const heard = live.heardBy(id).map((message) => message.id)
      assert.deepEqual(
        [...new Set(heard)],
        shown.map((notification) => notification.id),
      )
    })
  }
  assert.equal(await notifications(), EVENTS)
})
