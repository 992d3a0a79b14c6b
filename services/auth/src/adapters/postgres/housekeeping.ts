import { statement } from '@pharos/platform/postgres/connect'
import type { Database } from '@pharos/platform/postgres/connect'
import type { Clock } from '@pharos/platform/runtime/clock'
import { oldestLiveAccessToken } from '../../domain/session.ts'

const BATCH = 1_000

/** In batches, so that no statement runs long and no lock is held for long. */
const pruneSessions = statement(
  'sessions.prune',
  `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT ${BATCH})
   RETURNING 1`,
)
const pruneTokens = statement(
  'refresh-tokens.prune',
  `DELETE FROM refresh_tokens
   WHERE hash IN (SELECT hash FROM refresh_tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT ${BATCH})
   RETURNING 1`,
)
const recentlyRevoked = statement('sessions.recently-revoked', 'SELECT id FROM sessions WHERE revoked_at > $1')
const openRegistrations = statement(
  'registrations.count',
  'SELECT count(*) AS open, extract(epoch FROM $1 - min(created_at))::float8 AS oldest_seconds FROM registrations',
)

export const createHousekeeping = (db: Database, clock: Clock) => ({
  /** Removes what has expired; gives how many rows. */
  prune: async (): Promise<number> => {
    let removed = 0
    for (const what of [pruneTokens, pruneSessions]) {
      let batch: number
      do {
        batch = (await db.statement(what, [clock.now()])).length
        removed += batch
      } while (batch === BATCH)
    }
    return removed
  },
  /** The sessions that were ended while an access token of theirs may still be good. */
  recentlyRevokedSessions: async (): Promise<string[]> => {
    const rows = await db.statement<{ id: string }>(recentlyRevoked, [oldestLiveAccessToken(clock.now())])
    return rows.map(({ id }) => id)
  },
  openRegistrations: async (): Promise<{ open: number; oldestSeconds: number }> => {
    type Row = { open: number; oldest_seconds: number | null }
    const [row] = await db.statement<Row>(openRegistrations, [clock.now()])
    return { open: row?.open ?? 0, oldestSeconds: row?.oldest_seconds ?? 0 }
  },
})

export type Housekeeping = ReturnType<typeof createHousekeeping>
