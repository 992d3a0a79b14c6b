import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { connectPostgres } from '@pharos/platform/postgres/connect'
import type { Database, Statement } from '@pharos/platform/postgres/connect'
import { statement } from '@pharos/platform/postgres/statement'
import { testDatabase } from '@pharos/platform/testing/stores'
import { notifyFollowee, notifyFollowers } from '../src/adapters/postgres/add-by-event.ts'
import * as change from '../src/adapters/postgres/change-statements.ts'
import * as read from '../src/adapters/postgres/read-statements.ts'
import { removeSome } from '../src/adapters/postgres/remove-inbox.ts'
import { migrations } from './notifications-service.ts'

const USERS = 1_000
const ROWS = 200_000

/** One user has a tenth of everything, the others share the rest. */
const seeds = [
  `INSERT INTO notifications (user_id, type, payload, created_at, is_read)
   SELECT CASE WHEN n % 10 = 0 THEN 1 ELSE n % ${USERS} + 1 END, 'follow_created', json_build_object('follower_id', n), now(), n % 3 = 0
   FROM generate_series(1, ${ROWS}) AS n`,
  `INSERT INTO inboxes (user_id, total, unread, last_id)
   SELECT user_id, count(*), count(*) FILTER (WHERE NOT is_read), max(id) FROM notifications GROUP BY user_id`,
  `INSERT INTO user_cards (id, version) SELECT n, 1 FROM generate_series(1, ${USERS}) AS n`,
  'ANALYZE notifications, inboxes, user_cards',
]

describe('with two hundred thousand notifications', () => {
  let stack: AsyncDisposableStack
  let db: Database
  before(async () => {
    stack = new AsyncDisposableStack()
    const { url } = stack.use(await testDatabase({ migrations }))
    db = stack.use(await connectPostgres({ url, poolMax: 1, applicationName: 'test', statementTimeoutMs: 60_000 }))
    for (const [index, seed] of seeds.entries()) await db.statement(statement(`test.seed-${index}`, seed), [])
  })
  after(() => stack.disposeAsync())

  const planOf = async ({ text }: Statement): Promise<string> => {
    const [rows] = await db.sequelize.query(`EXPLAIN (GENERIC_PLAN) ${text}`)
    return (rows as { 'QUERY PLAN': string }[]).map((row) => row['QUERY PLAN']).join('\n')
  }

  const statements: readonly [string, Statement, readonly RegExp[]][] = [
    ['a page of the feed', read.page, [/Index Scan using notifications_user_id/, /Index Scan using inboxes_pkey/]],
    ['catching up', read.after, [/Index Scan Backward using notifications_user_id/, /Index Scan using inboxes_pkey/]],
    ['one notification', read.byId, [/Index Scan using notifications_pkey/, /Index Scan using inboxes_pkey/]],
    ['the count of unread', read.countUnread, [/Index Scan using inboxes_pkey/]],
    ['the last id', read.lastId, [/Index Scan using inboxes_pkey/]],
    ['marking one', change.markRead, [/Index Scan using notifications_pkey/, /Index Scan using inboxes_pkey/]],
    ['marking all', change.markAllRead, [/Index Scan using inboxes_pkey/]],
    ['deleting one', change.remove, [/Index Scan using notifications_pkey/, /Index Scan using inboxes_pkey/]],
    ['adding one', change.add, [/using user_cards_pkey/]],
    ['adding one by a follow', notifyFollowee.statement.statement, [/using user_cards_pkey/]],
    ['adding many', notifyFollowers.statement.statement, [/using user_cards_pkey/]],
    ['removing an inbox', removeSome, [/using notifications_user_id/, /Index Scan using notifications_pkey/]],
  ]

  for (const [name, what, scans] of statements) {
    test(`${name} reads by index and nothing from end to end`, async () => {
      const plan = await planOf(what)
      for (const scan of scans) assert.match(plan, scan)
      assert.doesNotMatch(plan, /Seq Scan on (notifications|inboxes|user_cards|inbox)\b/)
    })
  }

  test('the feed and catching up sort no more than what they show', async () => {
    for (const what of [read.page, read.after]) assert.match(await planOf(what), /Sort[^]*Nested Loop[^]*Limit/)
  })

  test('many inboxes are locked in one order, so that nobody waits in a circle', async () => {
    const plan = await planOf(notifyFollowers.statement.statement)
    assert.match(plan, /Insert on inboxes[^]*?Sort Key: user_id\.user_id[^]*?CTE locked/)
  })

  test('no page costs more than the rows up to it, also for the user with very many', async () => {
    const rowsReadBy = async (user: number, page: number): Promise<number> => {
      const [rows] = await db.sequelize.query(
        `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE page_of_feed (${user}, 10, ${page})`,
      )
      const counts = JSON.stringify(rows).matchAll(/"Actual Rows": ?([\d.]+)/g)
      return Math.max(...[...counts].map(([, count]) => Number(count)))
    }
    await db.sequelize.query(`PREPARE page_of_feed AS ${read.page.text}`)
    assert.deepEqual([await rowsReadBy(1, 1), await rowsReadBy(2, 1), await rowsReadBy(1, 20)], [10, 10, 200])
  })
})
