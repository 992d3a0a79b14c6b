import { passwordChanged } from '@pharos/platform/contracts/events/password-changed.v1'
import { userLocked } from '@pharos/platform/contracts/events/user-locked.v1'
import { statement } from '@pharos/platform/postgres/connect'
import type { Database } from '@pharos/platform/postgres/connect'
import { appendEvents } from '@pharos/platform/postgres/outbox'
import type { Accounts, EndedSession } from '../../application/ports.ts'
import type { Account, Role } from '../../domain/account.ts'
import type { Models } from './models.ts'

type AccountRow = { user_id: number; role: Role; password_hash: string }
type OwnersRow = { username_owner: number | null; email_owner: number | null }

const byUsername = statement(
  'credentials.by-username',
  `SELECT user_id, role, password_hash FROM credentials
   WHERE lower(username) = lower($1) ORDER BY names_changed_at DESC LIMIT 1`,
)
const byEmail = statement(
  'credentials.by-email',
  `SELECT user_id, role, password_hash FROM credentials
   WHERE lower(email) = lower($1) ORDER BY names_changed_at DESC LIMIT 1`,
)
const byId = statement('credentials.by-id', 'SELECT user_id, role, password_hash FROM credentials WHERE user_id = $1')
const owners = statement(
  'credentials.owners-of-names',
  `SELECT
     (SELECT user_id FROM credentials WHERE lower(username) = lower($1) ORDER BY names_changed_at DESC LIMIT 1)
       AS username_owner,
     (SELECT user_id FROM credentials WHERE lower(email) = lower($2) ORDER BY names_changed_at DESC LIMIT 1)
       AS email_owner`,
)
const setPassword = statement(
  'credentials.set-password',
  `UPDATE credentials SET password_hash = $3, password_changed_at = $4
   WHERE user_id = $1 AND password_hash = $2 RETURNING user_id`,
)
const endSessions = statement(
  'sessions.end-all-of-user',
  'UPDATE sessions SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL RETURNING id, renewed_at',
)

const fromAccountRow = (row: AccountRow | undefined): Account | undefined =>
  row && { userId: row.user_id, role: row.role, passwordHash: row.password_hash }

/** A username holds no `@`, an address does, so one index is enough for each login. */
const isEmail = (login: string): boolean => login.includes('@')

/** What goes into the event: more sessions than a person has, and few enough for a message. */
const MAX_NAMED_SESSIONS = 1_000

export const createAccounts = (db: Database, { credentials }: Models): Accounts => ({
  findByLogin: async (login) =>
    fromAccountRow((await db.statement<AccountRow>(isEmail(login) ? byEmail : byUsername, [login]))[0]),
  findById: async (userId) => fromAccountRow((await db.statement<AccountRow>(byId, [userId]))[0]),
  ownersOf: async ({ username, email }) => {
    const [row] = await db.statement<OwnersRow>(owners, [username, email])
    return {
      ...(row?.username_owner != null && { username: row.username_owner }),
      ...(row?.email_owner != null && { email: row.email_owner }),
    }
  },
  changePassword: ({ userId, oldHash, newHash, at }) =>
    db.transaction(async (tx) => {
      const changed = await tx.statement(setPassword, [userId, oldHash, newHash, at])
      if (changed.length === 0) return undefined
      const rows = await tx.statement<{ id: string; renewed_at: Date }>(endSessions, [userId, at])
      const ended: EndedSession[] = rows.map((row) => ({ id: row.id, renewedAt: row.renewed_at }))
      const youngestFirst = ended.toSorted((a, b) => b.renewedAt.getTime() - a.renewedAt.getTime())
      const named = youngestFirst.slice(0, MAX_NAMED_SESSIONS).map(({ id }) => id)
      await appendEvents(tx, [passwordChanged.event({ user_id: userId, revoked_session_ids: named }, at)])
      return ended
    }),
  rehash: async (userId, oldHash, newHash) => {
    await credentials.update({ passwordHash: newHash }, { where: { userId, passwordHash: oldHash } })
  },
  locked: (userId, until) =>
    db.transaction((tx) =>
      appendEvents(tx, [userLocked.event({ user_id: userId, locked_until: until.toISOString() })]),
    ),
})
