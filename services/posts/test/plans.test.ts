import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { connectPostgres } from '@pharos/platform/postgres/connect'
import type { Database, Statement } from '@pharos/platform/postgres/connect'
import { testDatabase } from '@pharos/platform/testing/stores'
import { createPostLists, listCall } from '../src/adapters/postgres/post-lists.ts'
import { listStatements } from '../src/adapters/postgres/list-statements.ts'
import { byIdStatement, writeStatements } from '../src/adapters/postgres/post-repository.ts'
import { removalStatements } from '../src/adapters/postgres/remove-posts.ts'
import type { PostQuery } from '../src/domain/list.ts'
import { migrations } from './posts-service.ts'

const POSTS = 200_000
/** Half of all posts are of one author, a third have one tag: those of whom a guess would be most wrong. */
const BUSY_AUTHOR = 1
const BUSY_TAG = 'tag 1'

let stack: AsyncDisposableStack
let db: Database
before(async () => {
  stack = new AsyncDisposableStack()
  const { url } = stack.use(await testDatabase({ migrations }))
  db = stack.use(await connectPostgres({ url, poolMax: 2, applicationName: 'test', statementTimeoutMs: 60_000 }))
})
after(() => stack.disposeAsync())

const run = async (sql: string) => (await db.sequelize.query(sql))[0] as Record<string, unknown>[]
const lines = (rows: Record<string, unknown>[]): string => rows.map((row) => row['QUERY PLAN']).join('\n')
const planOf = async ({ text }: Statement): Promise<string> => lines(await run(`EXPLAIN (GENERIC_PLAN) ${text}`))

const seed = async (): Promise<void> => {
  await run(`INSERT INTO tags (name) SELECT 'tag ' || n FROM generate_series(1, 1000) AS n`)
  await run(`INSERT INTO user_cards (id, version, username) SELECT n, 1, 'u' || n FROM generate_series(1, 20000) AS n`)
  await run(`
    INSERT INTO posts (author_id, created_at, updated_at, version, title, content, tags)
    SELECT CASE WHEN n % 2 = 0 THEN ${BUSY_AUTHOR} ELSE 1 + n % 20000 END,
      '2026-01-01'::timestamptz + (n::bigint * 7919 % ${POSTS}) * interval '1 minute', now(), 1, 'Title', 'Content',
      '[{"id":1,"name":"${BUSY_TAG}"}]'
    FROM generate_series(1, ${POSTS}) AS n`)
  await run(`
    INSERT INTO post_tags (tag_id, author_id, created_at, post_id)
    SELECT CASE WHEN id % 3 = 0 THEN 1 ELSE 1 + id % 1000 END, author_id, created_at, id FROM posts`)
  await run(`INSERT INTO author_post_counts SELECT author_id, count(*), false FROM posts GROUP BY author_id`)
  await run(`UPDATE post_totals SET total = ${POSTS} WHERE shard = 0`)
}

const isOneIndexScan = async (what: Statement): Promise<void> => {
  const plan = await planOf(what)
  assert.doesNotMatch(plan, /Seq Scan on (posts|post_tags|user_cards)\b/, plan)
  assert.doesNotMatch(plan, /Sort/, plan)
}

const statements = [
  byIdStatement,
  ...[...listStatements.values()].map(({ statement }) => statement),
  ...writeStatements,
  ...removalStatements,
]

for (const [state, prepare] of [
  ['before there is a post', async () => {}],
  [`with ${POSTS} posts of which Postgres knows nothing yet`, seed],
  ['once they are analysed', () => run('ANALYZE')],
  ['once they are vacuumed', () => run('VACUUM ANALYZE')],
] as const) {
  describe(`${state}, a range of an index is read and nothing is sorted by`, () => {
    before(async () => void (await prepare()))
    for (const what of statements) test(what.name, () => isOneIndexScan(what))
  })
}

describe('a page reads as many rows as it shows, and no more', () => {
  const middle = new Date('2026-03-01')
  const queries: Record<string, Partial<PostQuery>> = {
    'all posts': {},
    'all posts from a cursor': { start: { place: { createdAt: middle, id: 1 } } },
    'an author of half of them': { authorId: BUSY_AUTHOR },
    'an author of a few': { authorId: 4_000 - 1 },
    'an author of none': { authorId: 50_000 },
    'an author of half of them from a cursor': {
      authorId: BUSY_AUTHOR,
      start: { place: { createdAt: middle, id: 1 } },
    },
    'an author of half of them in a time': { authorId: BUSY_AUTHOR, before: middle },
    'one author, one tag': { authorId: BUSY_AUTHOR, tag: BUSY_TAG },
    'a tag': { tag: BUSY_TAG },
    'a tag from a cursor': { tag: BUSY_TAG, start: { place: { createdAt: middle, id: 1 } } },
  }
  for (const [name, query] of Object.entries(queries)) {
    test(name, async () => {
      const { what, values } = listCall({ start: { offset: 0 }, limit: 10, ...query })
      const explain = {
        name: `${what.statement.name}-explain`,
        text: `EXPLAIN (ANALYZE, TIMING OFF) ${what.statement.text}`,
      }
      const plan = lines(await db.statement(explain, values))
      // The range of the index that holds the page, which is the first scan that goes backwards.
      const [, rows] = /Scan Backward using.*rows=\d+ width=\d+\) \(actual rows=(\d+)/.exec(plan) ?? []
      assert.ok(Number(rows) <= 11, plan)
      assert.doesNotMatch(plan, /Rows Removed/)
    })
  }

  test('and it is the right ones', async () => {
    const lists = createPostLists(db)
    const { posts, total, next } = await lists.find({ authorId: BUSY_AUTHOR, start: { offset: 0 }, limit: 10 })
    assert.deepEqual([posts.length, total >= POSTS / 2, next?.id], [10, true, posts[9]?.post.id])
    const expected = await run(
      `SELECT id FROM posts WHERE author_id = ${BUSY_AUTHOR} ORDER BY created_at DESC, id DESC LIMIT 10`,
    )
    assert.deepEqual(
      posts.map(({ post }) => post.id),
      expected.map(({ id }) => Number(id)),
    )
  })
})
