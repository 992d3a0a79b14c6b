import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { followeesOf, followersOf } from '../src/adapters/postgres/follow-lists.ts'
import { gatherAll, gatherNext, newest } from '../src/adapters/postgres/gather-followers.ts'
import { removeBatch } from '../src/adapters/postgres/remove-follows.ts'
import { startRelations } from './relations-service.ts'
import type { RelationsUnderTest } from './relations-service.ts'

const USERS = 20_000

let relations: RelationsUnderTest
before(async () => {
  relations = await startRelations()
})
after(() => relations[Symbol.asyncDispose]())

type Plan = { 'Node Type': string; 'Relation Name'?: string; 'Index Name'?: string; Plans?: Plan[] }

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

const planOf = async (text: string): Promise<Plan[]> => {
  const [rows] = await relations.db.sequelize.query(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`)
  const [row] = rows as { 'QUERY PLAN': { Plan: Plan }[] }[]
  return nodesOf(row!['QUERY PLAN'][0]!.Plan)
}

/** The planner knows no limit, and believes the more of a page the more follows a user has on average. */
const worlds = [
  {
    name: 'ten follows of each user',
    pairs: `SELECT 1 + (n * 7) % ${USERS}, 1 + (n * 7 + 1 + n / ${USERS}) % ${USERS} FROM generate_series(1, 200000) AS n`,
  },
  {
    name: 'ten users whom all follow',
    pairs: `SELECT n, ${USERS} + f FROM generate_series(1, ${USERS}) AS n, generate_series(1, 10) AS f`,
  },
  {
    name: 'ten users who follow all',
    pairs: `SELECT ${USERS} + f, n FROM generate_series(1, ${USERS}) AS n, generate_series(1, 10) AS f`,
  },
]

for (const { name, pairs } of worlds) {
  describe(`with two hundred thousand follows, ${name}`, () => {
    before(async () => {
      await relations.run('TRUNCATE follows, follow_counts, user_cards')
      await relations.run(
        `INSERT INTO user_cards (id, version, username) SELECT n, 1, 'user_' || n FROM generate_series(1, $1) AS n`,
        [USERS + 10],
      )
      await relations.run(
        `INSERT INTO follows (follower_id, followee_id, created_at) SELECT pair.*, now() FROM (${pairs}) AS pair`,
      )
      await relations.run(
        `INSERT INTO follow_counts SELECT user_cards.id, (SELECT count(*) FROM follows WHERE followee_id = user_cards.id),
           (SELECT count(*) FROM follows WHERE follower_id = user_cards.id) FROM user_cards`,
      )
      await relations.run('ANALYZE follows, follow_counts, user_cards')
    })

    for (const [what, index] of [
      [followersOf, 'follows_of_followee'],
      [followeesOf, 'follows_of_follower'],
    ] as const) {
      test(`${what.name} walks the index of the list and looks up each card by its key`, async () => {
        const plan = await planOf(what.text)
        const scans = plan.filter((node) => node['Node Type'].includes('Scan'))
        assert.deepEqual(
          scans.map((node) => `${node['Node Type']} ${node['Index Name'] ?? node['Relation Name']}`).toSorted(),
          [
            'Index Scan follow_counts_pkey',
            'Index Scan user_cards_pkey',
            'Index Scan user_cards_pkey',
            `Index Only Scan ${index}`,
          ].toSorted(),
        )
        assert.deepEqual(
          plan.filter((node) => /Sort|Hash/.test(node['Node Type'])),
          [],
        )
      })
    }

    for (const what of [gatherAll, gatherNext, newest, removeBatch]) {
      test(`${what.name} finds follows by their indexes`, async () => {
        const follows = (await planOf(what.text)).filter((node) => node['Relation Name'] === 'follows')
        const read = follows.filter((node) => node['Node Type'] !== 'ModifyTable')
        assert.ok(read.length > 0)
        assert.deepEqual(
          [...new Set(read.map((node) => node['Node Type']))].filter((type) => !type.startsWith('Index')),
          [],
        )
      })
    }
  })
}

test('a page of somebody whom twenty thousand follow is the newest of them', async () => {
  await relations.run(
    `INSERT INTO follows (follower_id, followee_id, created_at)
     SELECT n, $1, now() FROM generate_series(1, $2::bigint) AS n ON CONFLICT DO NOTHING`,
    [USERS + 10, USERS],
  )
  await relations.run('UPDATE follow_counts SET followers = $2 WHERE user_id = $1', [USERS + 10, USERS])
  const { body } = await relations.followers(USERS + 10, '?limit=3')
  assert.equal(body?.data?.total, USERS)
  assert.deepEqual(
    body.data.followers.map(({ username }) => username),
    [USERS, USERS - 1, USERS - 2].map((n) => `user_${n}`),
  )
})
