import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import type { Server } from '../../local/components/server.ts'
import { join } from '../journeys/platform.ts'
import type { Member } from '../journeys/platform.ts'
import { query } from '../query.ts'
import { startTestSystem } from '../test-system.ts'
import type { TestSystem } from '../test-system.ts'

const MEMBERS = 50
const FOLLOWS = 2_000
const AT_ONCE = 16
const PATIENCE_MS = 60_000

let platform: TestSystem
let api: ApiClient
before(async () => {
  platform = await startTestSystem({ ownStores: true, env: { RATE_LIMIT: 'off' } })
  api = platform.client()
})
after(() => platform?.[Symbol.asyncDispose]())

type Pair = { readonly from: Member; readonly to: Member }

const pairsOf = (members: readonly Member[]): Pair[] =>
  members.flatMap((from) => members.filter((to) => to !== from).map((to) => ({ from, to }))).slice(0, FOLLOWS)

/** Follows as a client does that wants to be sure: the same request again until it is answered with success. */
const followSurely = async ({ from, to }: Pair): Promise<number> => {
  const headers = { 'idempotency-key': `follow-${from.id}-${to.id}` }
  const deadline = performance.now() + PATIENCE_MS
  for (let attempt = 1; ; attempt += 1) {
    const answer = await api
      .post('/relation/follow', { followee_id: to.id }, { token: from.token, headers })
      .catch(() => undefined)
    if (answer?.status === 200) return attempt
    if (answer && answer.status !== 503 && answer.status !== 504 && answer.status !== 409) assert.fail(answer.text)
    assert.ok(performance.now() < deadline, `a follow was not taken for a minute: ${answer?.text}`)
    await sleep(50 * Math.min(attempt, 10))
  }
}

/** Kills and brings back one after the other for as long as there is work. */
const killInTurn = async (servers: readonly Server[], isDone: () => boolean): Promise<string[]> => {
  const killed: string[] = []
  for (let turn = 0; !isDone() || killed.length < servers.length; turn += 1) {
    const server = servers[turn % servers.length] as Server
    await sleep(300)
    await server.kill()
    killed.push(server.name)
    await server.start()
    await sleep(700)
  }
  return killed
}

test(
  'of 2,000 follows none is lost and none doubled, whatever is killed meanwhile',
  { timeout: 240_000 },
  async (t) => {
    const members: Member[] = []
    for (let n = 0; n < MEMBERS; n += 1) members.push(await join(api))
    const pairs = pairsOf(members)
    assert.equal(pairs.length, FOLLOWS)

    const { relations, notifications } = platform.system.services
    const victims = [relations, notifications, platform.store('kafka'), platform.store('postgres')]
    const queue = pairs.values()
    let repeated = 0
    let done = false
    const work = async (): Promise<void> => {
      for (const pair of queue) if ((await followSurely(pair)) > 1) repeated += 1
    }
    const working = Promise.all(Array.from({ length: AT_ONCE }, work)).finally(() => (done = true))
    const [killed] = await Promise.all([killInTurn(victims, () => done), working])
    t.diagnostic(`killed ${killed.join(', ')}; ${repeated} requests had to be sent again`)

    const { relations: follows, notifications: inboxes } = platform.system.databases
    const one = async (url: string | undefined, text: string): Promise<unknown> => (await query(url, text))[0]
    assert.deepEqual(await one(follows, 'SELECT count(*)::int AS kept FROM follows'), { kept: FOLLOWS })
    await eventually(
      async () =>
        assert.deepEqual(await one(inboxes, 'SELECT count(*)::int AS notified FROM notifications'), {
          notified: FOLLOWS,
        }),
      { timeoutMs: 60_000 },
    )
    assert.deepEqual(
      await one(
        inboxes,
        `SELECT count(*)::int AS pairs FROM (SELECT DISTINCT user_id, payload->>'follower_id' FROM notifications) AS distinct_pairs`,
      ),
      { pairs: FOLLOWS },
    )
    assert.deepEqual(
      await one(
        follows,
        'SELECT sum(followers)::int AS followers, sum(followees)::int AS followees FROM follow_counts',
      ),
      { followers: FOLLOWS, followees: FOLLOWS },
    )
    assert.deepEqual(await one(inboxes, 'SELECT sum(total)::int AS total, sum(unread)::int AS unread FROM inboxes'), {
      total: FOLLOWS,
      unread: FOLLOWS,
    })
    await eventually(async () => {
      for (const url of [follows, inboxes])
        assert.deepEqual(await one(url, 'SELECT count(*)::int AS waiting FROM outbox'), { waiting: 0 })
    })
    for (const service of ['relations', 'notifications'] as const)
      assert.equal(await platform.metric(service, 'messaging_dead_letters_total'), 0)
  },
)
