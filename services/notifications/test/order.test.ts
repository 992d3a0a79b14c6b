import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { followCreated } from '@pharos/platform/contracts/events/follow-created.v1'
import { followersGathered } from '@pharos/platform/contracts/events/followers-gathered.v1'
import { connectPostgres } from '@pharos/platform/postgres/connect'
import { writeOnce } from '@pharos/platform/postgres/inbox'
import { statement } from '@pharos/platform/postgres/statement'
import type { Secret } from '@pharos/platform/runtime/config'
import { eventually } from '@pharos/platform/testing/eventually'
import { notifyFollowee, notifyFollowers } from '../src/adapters/postgres/add-by-event.ts'
import { startNotifications } from './notifications-service.ts'
import type { NotificationsUnderTest } from './notifications-service.ts'

let world: NotificationsUnderTest
let url: Secret
before(async () => {
  world = await startNotifications({
    postgresBy: async (given) => {
      url = given
      return given
    },
  })
})
after(() => world[Symbol.asyncDispose]())

/** In the order in which the outbox has them, which is the order in which they are announced. */
const announced = statement(
  'test.announced',
  `SELECT user_id, id, previous_id, created_at FROM (
     SELECT id AS row, (payload->>'user_id')::bigint AS user_id, (payload->>'id')::bigint AS id,
       (payload->>'previous_id')::bigint AS previous_id, payload->>'created_at' AS created_at
     FROM outbox WHERE type = 'notification.created'
     UNION ALL
     SELECT o.id, (r->>'user_id')::bigint, (r->>'id')::bigint, (r->>'previous_id')::bigint, payload->>'created_at'
     FROM outbox o, json_array_elements(payload->'recipients') r WHERE type = 'notification.fanned-out'
   ) all_of_them ORDER BY row`,
)
type Announced = {
  readonly user_id: number
  readonly id: number
  readonly previous_id: number
  readonly created_at: string
}

const drifted = statement(
  'test.drifted',
  `SELECT i.user_id, i.total, i.unread, i.last_id, count(n.id) AS rows,
     count(n.id) FILTER (WHERE NOT n.is_read AND n.id > i.read_up_to) AS unread_rows, max(n.id) AS max_id
   FROM inboxes i LEFT JOIN notifications n USING (user_id) GROUP BY i.user_id
   HAVING i.total <> count(n.id) OR i.last_id < max(n.id)
     OR i.unread <> count(n.id) FILTER (WHERE NOT n.is_read AND n.id > i.read_up_to)`,
)
const isAscending = (values: readonly (number | string)[]): boolean =>
  values.every((value, index) => index === 0 || (values[index - 1] as number | string) <= value)

test('of one user, ids, times and announcements grow together, however many write at once', async () => {
  const people = await Promise.all(Array.from({ length: 4 }, () => world.join()))
  const ids = people.map(({ id }) => id)
  await using another = await world.startAnother()
  const options = { url, poolMax: 4, applicationName: 'test' }
  await using one = await connectPostgres(options)
  await using other = await connectPostgres(options)

  const follow = (db: typeof one, followee_id: number) => {
    const event = followCreated.event({ follower_id: 1, followee_id })
    return writeOnce(db, notifyFollowee.statement, notifyFollowee.valuesOf(event), { consumer: 'x', eventId: event.id })
  }
  const fanOut = (db: typeof one, follower_ids: number[]) => {
    const event = followersGathered.event({ post: { id: 1, author_id: 2, title: 'x' }, follower_ids })
    return writeOnce(db, notifyFollowers.statement, notifyFollowers.valuesOf(event), {
      consumer: 'x',
      eventId: event.id,
    })
  }
  /** Whoever asks again and again for what came after the last must see all of it. */
  let writing = true
  const watch = async ({ token }: { token: string }): Promise<number[]> => {
    const seen: number[] = []
    for (let isLast = false; !isLast;) {
      isLast = !writing
      const { body } = await world.news(token, `?after=${seen.at(-1) ?? 0}&limit=500`)
      seen.push(...(body?.data?.notifications ?? []).map(({ id }) => id))
    }
    return seen
  }
  const watching = people.map(watch)
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let turn = 0; turn < 40; turn += 1) {
      const person = people[(turn + writer) % people.length] as (typeof people)[0]
      if (writer < 2) await world.send(person.token, person.id)
      else if (writer < 4) await another.send(person.token, person.id)
      else if (writer < 6) await follow(writer === 4 ? one : other, person.id)
      else await fanOut(writer === 6 ? one : other, turn % 2 === 0 ? ids : ids.toReversed())
    }
  })
  await Promise.all(writers)
  writing = false

  const rows = await world.db.statement<Announced>(announced, [])
  assert.equal(rows.length, 6 * 40 + 2 * 40 * people.length)
  for (const [index, { id: userId, token }] of people.entries()) {
    const own = rows.filter(({ user_id }) => user_id === userId)
    assert.ok(isAscending(own.map(({ id }) => id)), 'announced in the order of their ids')
    assert.ok(isAscending(own.map(({ created_at }) => created_at)), 'and of their times')
    assert.deepEqual(
      own.map(({ previous_id }) => previous_id),
      [0, ...own.map(({ id }) => id)].slice(0, -1),
      'each names the one before it',
    )
    assert.deepEqual(
      await watching[index],
      own.map(({ id }) => id),
    )
    const shown = new Map<number, string>()
    for (let page = 1; shown.size < own.length; page += 1) {
      const { body } = await world.feed(token, `?limit=100&page=${page}`)
      for (const { id, created_at } of body?.data?.notifications ?? []) shown.set(id, created_at)
    }
    assert.deepEqual(
      own.map(({ id }) => shown.get(id)),
      own.map(({ created_at }) => created_at),
    )
  }
})

test('counts are right after whatever is done at the same time', async () => {
  const people = await Promise.all(Array.from({ length: 3 }, () => world.join()))
  await using another = await world.startAnother()
  const clients = [world, another]
  const anyOf = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T
  const known: number[] = []

  const act = async (): Promise<number> => {
    const { id: userId, token } = anyOf(people)
    const client = anyOf(clients)
    const chance = Math.random()
    if (chance < 0.35) {
      const { status, body } = await client.send(token, anyOf(people).id)
      known.push(body?.data?.notification_id ?? 0)
      return status
    }
    // Half of them about the latest, so that several meet on the same one.
    const id = Math.random() < 0.5 ? (known.at(-1) ?? userId) : anyOf([...known, 1])
    if (chance < 0.65) return (await client.read(token, id)).status
    if (chance < 0.9) return (await client.remove(token, id)).status
    return (await client.readAll(token)).status
  }
  const statuses = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const own: number[] = []
      for (let turn = 0; turn < 60; turn += 1) own.push(await act())
      return own
    }),
  )
  const seen = new Set(statuses.flat())
  for (const status of [200, 403, 404]) assert.ok(seen.delete(status))
  assert.equal(seen.size, 0)
  assert.deepEqual(await world.db.statement(drifted, []), [])
})

const lockAndReadAll = statement(
  'test.read-all',
  'UPDATE inboxes SET unread = 0, read_up_to = last_id WHERE user_id = $1',
)
const waiting = statement(
  'test.waiting',
  `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
)

test('reading one while all are being read counts it once', async () => {
  const ada = await world.join()
  const id = await world.sent(ada.token, ada.id)
  await world.sent(ada.token, ada.id)
  const reading = await world.db.transaction(async (tx) => {
    await tx.statement(lockAndReadAll, [ada.id])
    const answer = world.read(ada.token, id)
    await eventually(async () => assert.equal((await world.db.statement(waiting, [])).length, 1))
    return { answer }
  })
  assert.equal((await reading.answer).body?.data?.message, 'Notification already marked as read')
  assert.equal(await world.countUnread(ada.token), 0)
  assert.deepEqual(await world.db.statement(drifted, []), [])
})
