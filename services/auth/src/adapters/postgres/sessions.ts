import { sessionReuseDetected } from '@pharos/platform/contracts/events/session-reuse-detected.v1'
import { statement } from '@pharos/platform/postgres/connect'
import type { Database } from '@pharos/platform/postgres/connect'
import { appendEvents } from '@pharos/platform/postgres/outbox'
import type { Sessions } from '../../application/ports.ts'
import type { Role } from '../../domain/account.ts'
import type { Presented } from '../../domain/session.ts'

/*
 * Each step is one statement, so a transaction of its own with its own row locks. A statement that waits for a lock
 * looks at the row again before it writes (READ COMMITTED): of two that spend the same token one finds it spent.
 */

/** FOR SHARE: waits for a running change of the password, and is waited for, so none of its sessions is missed. */
const open = statement(
  'sessions.open',
  `WITH account AS (
     SELECT user_id FROM credentials WHERE user_id = $1 AND password_hash = $2 FOR SHARE
   ), session AS (
     INSERT INTO sessions (id, user_id, created_at, renewed_at, expires_at)
     SELECT $3::uuid, user_id, $5::timestamptz, $5, $6::timestamptz FROM account RETURNING id
   )
   INSERT INTO refresh_tokens (hash, session_id, issued_at, expires_at)
   SELECT $4::bytea, id, $5, $6 FROM session RETURNING session_id`,
)

const rotate = statement(
  'sessions.rotate',
  `WITH spent AS (
     UPDATE refresh_tokens SET used_at = $3::timestamptz
     WHERE hash = $1::bytea AND used_at IS NULL AND expires_at > $3 RETURNING session_id
   ), session AS (
     UPDATE sessions SET renewed_at = $3, expires_at = $4::timestamptz
     FROM spent WHERE sessions.id = spent.session_id AND revoked_at IS NULL RETURNING sessions.id, user_id
   ), token AS (
     INSERT INTO refresh_tokens (hash, session_id, issued_at, expires_at)
     SELECT $2::bytea, id, $3, $4 FROM session
   )
   SELECT session.id AS session_id, user_id, role FROM session JOIN credentials USING (user_id)`,
)

const end = statement(
  'sessions.end',
  `UPDATE sessions SET revoked_at = $2::timestamptz FROM refresh_tokens AS token
   WHERE token.hash = $1::bytea AND token.used_at IS NULL AND token.expires_at > $2
     AND sessions.id = token.session_id AND revoked_at IS NULL
   RETURNING sessions.id AS session_id, user_id`,
)

const isSpent = statement(
  'refresh-tokens.is-spent',
  'SELECT session_id FROM refresh_tokens WHERE hash = $1 AND used_at IS NOT NULL AND expires_at > $2',
)

const endReused = statement(
  'sessions.end-reused',
  'UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id AS session_id, user_id',
)

type SessionRow = { session_id: string; user_id: number }

const REFUSED: Presented = { outcome: 'refused' }

export const createSessions = (db: Database): Sessions => {
  const judge: Sessions['judge'] = async (tokenHash, at) => {
    const [spent] = await db.statement<{ session_id: string }>(isSpent, [tokenHash, at])
    if (!spent) return REFUSED
    return db.transaction(async (tx) => {
      const [row] = await tx.statement<SessionRow>(endReused, [spent.session_id, at])
      if (!row) return REFUSED
      const event = sessionReuseDetected.event({ user_id: row.user_id, session_id: row.session_id }, at)
      await appendEvents(tx, [event])
      return { outcome: 'reused', userId: row.user_id, sessionId: row.session_id }
    })
  }

  return {
    judge,
    open: async ({ userId, passwordHash }, { id, tokenHash, at, expiresAt }) =>
      (await db.statement(open, [userId, passwordHash, id, tokenHash, at, expiresAt])).length === 1,
    rotate: async (tokenHash, next) => {
      const values = [tokenHash, next.tokenHash, next.at, next.expiresAt]
      const [row] = await db.statement<SessionRow & { role: Role }>(rotate, values)
      return row && { userId: row.user_id, sessionId: row.session_id, role: row.role }
    },
    end: async (tokenHash, at) => {
      const [row] = await db.statement<SessionRow>(end, [tokenHash, at])
      return row ? { outcome: 'accepted', userId: row.user_id, sessionId: row.session_id } : judge(tokenHash, at)
    },
  }
}
