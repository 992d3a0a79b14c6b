import pg from 'pg'
import { z } from 'zod'
import { breaker, type Breaker } from '../breaker.ts'
import { pause, repeatedly } from '../repeat.ts'
import type { Target } from '../target.ts'
import { storesOf } from './stores.ts'

/** By which our sessions are known, to whoever looks and to the repair. */
const NAME = 'pharos-faults'
const FULL = 0.95
const AT_ONCE = 20
const HOLD_SECONDS = 5
const DAY_MS = 86_400_000
const DEADLOCK_EVERY_MS = 5_000
const [FIRST_LOCK, SECOND_LOCK] = [727_001, 727_002]

const connect = async (target: Target, database = 'postgres'): Promise<pg.Client> => {
  const url = new URL(storesOf(target).postgres)
  url.pathname = `/${database}`
  const client = new pg.Client({ connectionString: url.href, application_name: NAME, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Also those whose process is gone and whose server does not know it yet. */
const endAll = async (target: Target): Promise<void> => {
  const admin = await connect(target)
  try {
    await admin.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()',
      [NAME],
    )
  } finally {
    await admin.end()
  }
}

/** Sessions of the administrator that do harm until they are ended. */
const sessions = (apply: (target: Target) => Promise<AsyncDisposable>): Breaker =>
  breaker(z.null(), {
    prepare: async (target) => {
      const admin = await connect(target)
      await admin.end()
      return null
    },
    apply,
    mend: endAll,
  })

const ending = (clients: readonly pg.Client[], before?: AsyncDisposable): AsyncDisposable => ({
  [Symbol.asyncDispose]: async () => {
    // What is waited for ends with its session; the repair ends those whose server waits with them.
    for (const client of clients) void client.end().catch(() => {})
    await before?.[Symbol.asyncDispose]()
  },
})

type Room = { allowed: number; taken: number }

const takeConnections = async (target: Target): Promise<AsyncDisposable> => {
  const admin = await connect(target)
  const { rows } = await admin.query<Room>(
    `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS allowed,
            count(*)::int AS taken
       FROM pg_stat_activity WHERE backend_type = 'client backend'`,
  )
  const { allowed = 0, taken = 0 } = rows[0] ?? {}
  const clients = [admin]
  while (clients.length < Math.floor(allowed * FULL) - taken) {
    const more = Math.min(AT_ONCE, Math.floor(allowed * FULL) - taken - clients.length)
    clients.push(...(await Promise.all(Array.from({ length: more }, () => connect(target)))))
  }
  return ending(clients)
}

/** Holds what a statement locks, and is busy meanwhile: the server sees it at work. */
const holding = (database: string, statement: string) => async (target: Target) => {
  const client = await connect(target, database)
  // The server notices within a second that we are gone, also while it sleeps for us.
  await client.query(`SET client_connection_check_interval = '1s'; SET lock_timeout = '10s'`)
  await client.query('BEGIN')
  await client.query(statement)
  const busy = repeatedly(0, (signal) =>
    // A session that has been ended is not asked again and again.
    client.query(`SELECT pg_sleep(${HOLD_SECONDS})`).catch(() => pause(DAY_MS, signal)),
  )
  return ending([client], busy)
}

const idle = async (target: Target): Promise<AsyncDisposable> => {
  const client = await connect(target, 'pharos_posts')
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  await client.query('SELECT count(*) FROM tags')
  return ending([client])
}

const lock = (client: pg.Client, key: number): Promise<unknown> =>
  client.query('SELECT pg_advisory_xact_lock($1)', [key])

const deadlock = async (one: pg.Client, other: pg.Client): Promise<void> => {
  await Promise.all([one.query('BEGIN'), other.query('BEGIN')])
  await Promise.all([lock(one, FIRST_LOCK), lock(other, SECOND_LOCK)])
  await Promise.allSettled([lock(one, SECOND_LOCK), lock(other, FIRST_LOCK)])
  await Promise.all([one.query('ROLLBACK'), other.query('ROLLBACK')])
}

const deadlocks = async (target: Target): Promise<AsyncDisposable> => {
  const [one, other] = [await connect(target, 'pharos_relations'), await connect(target, 'pharos_relations')]
  for (const client of [one, other]) await client.query(`SET deadlock_timeout = '100ms'`)
  return ending(
    [one, other],
    repeatedly(DEADLOCK_EVERY_MS, () => deadlock(one, other)),
  )
}

export const SESSION_ATTACKS: Readonly<Record<string, Breaker>> = {
  'postgres-connections': sessions(takeConnections),
  'lock-follow-counts': sessions(
    holding('pharos_relations', 'SELECT count(*) FROM (SELECT 1 FROM follow_counts FOR UPDATE) AS held'),
  ),
  'lock-posts': sessions(holding('pharos_posts', 'LOCK TABLE posts IN ACCESS EXCLUSIVE MODE')),
  'idle-in-transaction': sessions(idle),
  deadlocks: sessions(deadlocks),
}
