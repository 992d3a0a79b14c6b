import { userNotFound } from '../../domain/faults.ts'
import { statement } from '@pharos/platform/postgres/connect'
import type { Database, Tx } from '@pharos/platform/postgres/connect'
import { isUniqueViolation } from '@pharos/platform/postgres/errors'
import type { Clock } from '@pharos/platform/runtime/clock'
import { activeCorrelationId, activeTraceparent, runWork } from '@pharos/platform/telemetry/context'
import { SpanShape } from '@pharos/platform/telemetry/span-shape'
import type { Registrations } from '../../application/ports.ts'
import type { Registration } from '../../domain/registration.ts'
import type { Models } from './models.ts'

const BATCH = 20
const finishing = new SpanShape('finish registration', 'internal')
const RETRY_MAX_MS = 5 * 60_000

/**
 * The intent gives its password away and vanishes: whoever comes second finds neither it nor a conflict. A session is
 * opened also when the sweep was first, but not when the account is gone.
 */
const COMPLETE = `
  WITH intent AS (
    DELETE FROM registrations WHERE id = $1::uuid RETURNING password_hash
  ), opened AS (
    INSERT INTO credentials
      (user_id, username, email, names_version, names_changed_at, password_hash, password_changed_at, created_at)
    SELECT $2::bigint, $3::text, $4::text, 1, $5::timestamptz, password_hash, $5, $5 FROM intent
    ON CONFLICT (user_id) DO NOTHING RETURNING user_id
  ), account AS (
    SELECT user_id FROM opened UNION SELECT user_id FROM credentials WHERE user_id = $2
  )`
const complete = statement('registrations.complete', `${COMPLETE} SELECT user_id FROM account`)
const completeAndOpen = statement(
  'registrations.complete-and-open-session',
  `${COMPLETE}, session AS (
    INSERT INTO sessions (id, user_id, created_at, renewed_at, expires_at)
    SELECT $6::uuid, user_id, $8::timestamptz, $8, $9::timestamptz FROM account RETURNING id, user_id
  ), token AS (
    INSERT INTO refresh_tokens (hash, session_id, issued_at, expires_at)
    SELECT $7::bytea, id, $8, $9 FROM session
  )
  SELECT user_id FROM session`,
)

const COLUMNS = `id, username, email, full_name, bio, avatar_url, password_hash, created_at, traceparent, correlation_id`
/**
 * A lease, not a lock: nothing is held while users is asked, and a claim that dies with its process runs out. It
 * doubles with every attempt.
 */
const claimDue = statement(
  'registrations.claim-due',
  `UPDATE registrations SET attempts = attempts + 1,
     due_at = $1::timestamptz + LEAST($2::float8 * 2 ^ LEAST(attempts, 16), ${RETRY_MAX_MS}) * interval '1 ms'
   WHERE id IN (
     SELECT id FROM registrations WHERE due_at <= $1 ORDER BY due_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
   ) RETURNING ${COLUMNS}`,
)
const ofNames = statement(
  'registrations.of-names',
  `SELECT ${COLUMNS} FROM registrations
   WHERE lower(username) = lower($1) OR lower(email) = lower($2) ORDER BY created_at LIMIT ${BATCH}`,
)

type Row = {
  id: string
  username: string
  email: string
  full_name: string | null
  bio: string | null
  avatar_url: string | null
  password_hash: string
  created_at: Date
  traceparent: string | null
  correlation_id: string | null
}

const fromRegistrationRow = (row: Row): Registration => ({
  id: row.id,
  username: row.username,
  email: row.email,
  full_name: row.full_name ?? undefined,
  bio: row.bio ?? undefined,
  avatar_url: row.avatar_url ?? undefined,
  passwordHash: row.password_hash,
  createdAt: row.created_at,
})

/** The ids of the request go along, so that finishing it later belongs to its trace. */
const toRegistrationRow = (registration: Registration, sweepAfterMs: number) => ({
  id: registration.id,
  username: registration.username,
  email: registration.email,
  fullName: registration.full_name ?? null,
  bio: registration.bio ?? null,
  avatarUrl: registration.avatar_url ?? null,
  passwordHash: registration.passwordHash,
  createdAt: registration.createdAt,
  dueAt: new Date(registration.createdAt.getTime() + sweepAfterMs),
  traceparent: activeTraceparent() ?? null,
  correlationId: activeCorrelationId() ?? null,
})

type Options = { readonly clock: Clock; readonly sweepAfterMs: number }

export const createRegistrations = (db: Database, models: Models, options: Options): Registrations => {
  const { clock, sweepAfterMs } = options

  const insert = async (registration: Registration, transaction: Tx): Promise<void> => {
    await models.registrations.create(toRegistrationRow(registration, sweepAfterMs), { transaction, returning: false })
  }

  /** Opens it again if it is not there. */
  const reopen = async (registration: Registration): Promise<void> => {
    try {
      await models.registrations.create(toRegistrationRow(registration, sweepAfterMs), { returning: false })
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
    }
  }

  return {
    open: async (registration) => {
      const { id } = registration
      const opened = await db.transaction(async (tx) => {
        await insert(registration, tx)
        return { id }
      })
      // Another id is that of an earlier attempt with the same idempotency key. It is the one that users knows; what
      // became of its intent since is not known.
      if (opened.id !== id) await reopen({ ...registration, id: opened.id })
      return opened
    },

    drop: async (id) => {
      await models.registrations.destroy({ where: { id } })
    },

    complete: async (id, profile, session) => {
      const account = [id, profile.id, profile.username, profile.email, new Date(profile.created_at)]
      const values = session ? [...account, session.id, session.tokenHash, session.at, session.expiresAt] : account
      const what = session ? completeAndOpen : complete
      // Who waits for the sweep's delete does not see the account that it made; a second look does.
      const isDone = (await db.statement(what, values)).length > 0 || (await db.statement(what, values)).length > 0
      if (!isDone) throw userNotFound()
    },

    eachOpen: async (finish, names) => {
      const rows = names
        ? await db.statement<Row>(ofNames, [names.username, names.email])
        : await db.statement<Row>(claimDue, [clock.now(), sweepAfterMs])
      for (const row of rows) {
        const origin = { traceparent: row.traceparent ?? undefined, correlationId: row.correlation_id ?? undefined }
        await runWork({ shape: finishing, origin }, () => finish(fromRegistrationRow(row)))
      }
      return rows.length
    },
  }
}
