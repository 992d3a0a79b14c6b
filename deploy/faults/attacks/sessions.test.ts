import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { startPostgres } from '../../local/components/postgres.ts'
import type { Server } from '../../local/components/server.ts'
import { readSettings } from '../../local/settings.ts'
import { temporaryHome, type TemporaryHome } from '../../local/temporary-home.ts'
import { inject } from '../inject.ts'
import { targetOf, type Target } from '../target.ts'

// Has a server of its own: it takes all of its connections.

let home: TemporaryHome
let postgres: Server
let target: Target
before(async () => {
  home = await temporaryHome()
  await mkdir(join(home.path, 'logs'))
  const place = { dataDir: join(home.path, 'postgres'), logFile: join(home.path, 'logs/postgres.log') }
  postgres = await startPostgres({ ...place, password: 'secret', durable: false })
  target = targetOf({ ...readSettings({}), home: home.path, given: { postgres: postgres.url } })
  for (const name of ['posts', 'relations']) await query('postgres', `CREATE DATABASE pharos_${name}`)
  await query('pharos_posts', 'CREATE TABLE posts (id int); CREATE TABLE tags (id int)')
  await query('pharos_relations', 'CREATE TABLE follow_counts (user_id int); INSERT INTO follow_counts VALUES (1)')
})
after(async () => {
  await postgres.stop()
  await home[Symbol.asyncDispose]()
})

const query = async (database: string, text: string): Promise<Record<string, unknown>[]> => {
  const url = new URL(postgres.url)
  url.pathname = `/${database}`
  const client = new pg.Client({ connectionString: url.href })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

const countOf = async (condition: string): Promise<number> => {
  const [row] = await query('postgres', `SELECT count(*)::int AS n FROM pg_stat_activity WHERE ${condition}`)
  return row?.['n'] as number
}

const OURS = "application_name = 'pharos-faults'"

const attack = (name: string) => inject({ name, injection: { by: 'attack', name } }, target)

const untilNone = async (): Promise<void> => {
  for (let n = 0; (await countOf(OURS)) > 0; n += 1) assert.ok(n < 100, 'our sessions are still there')
}

test('nearly all connections are taken, a few are left, and all come back', async () => {
  const { repair } = await attack('postgres-connections')
  const taken = await countOf("backend_type = 'client backend'")
  assert.ok(taken > 0.9 * 197 && taken < 197, `${taken} of 197`)
  await repair()
  await untilNone()
})

const locks: Record<string, [database: string, statement: string]> = {
  'lock-posts': ['pharos_posts', 'SELECT * FROM posts'],
  'lock-follow-counts': ['pharos_relations', 'UPDATE follow_counts SET user_id = user_id'],
}

for (const [name, [database, statement]] of Object.entries(locks)) {
  test(`${name} keeps others waiting until the repair, by a session that is busy`, async () => {
    const { repair } = await attack(name)
    await assert.rejects(query(database, `SET statement_timeout = 200; ${statement}`), /statement timeout/)
    assert.equal(await countOf(`${OURS} AND state = 'active' AND xact_start IS NOT NULL`), 1)
    await repair()
    await query(database, `SET statement_timeout = 2000; ${statement}`)
    await untilNone()
  })
}

test('a session is idle in a transaction until the repair', async () => {
  const { repair } = await attack('idle-in-transaction')
  assert.equal(await countOf(`${OURS} AND state = 'idle in transaction' AND backend_xmin IS NOT NULL`), 1)
  await repair()
  await untilNone()
})

test('two sessions block each other, and the server counts it', async () => {
  const { repair } = await attack('deadlocks')
  const deadlocks = "SELECT deadlocks::int AS n FROM pg_stat_database WHERE datname = 'pharos_relations'"
  // A server process tells what it has counted when it next ends a transaction, which may be five seconds later.
  const deadline = performance.now() + 30_000
  while (((await query('postgres', deadlocks))[0]?.['n'] as number) === 0) {
    assert.ok(performance.now() < deadline, 'no deadlock was counted')
    await delay(100)
  }
  await repair()
  await untilNone()
})
