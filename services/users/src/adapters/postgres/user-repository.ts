import { statement } from '@pharos/platform/postgres/connect'
import type { Database, Statement } from '@pharos/platform/postgres/connect'
import { violatedConstraint } from '@pharos/platform/postgres/errors'
import { appendEvents, eventfulStatement, writeWithEvents } from '@pharos/platform/postgres/outbox'
import type { Registration, Users } from '../../application/ports.ts'
import { emailTaken, usernameTaken } from '../../domain/faults.ts'
import type { User } from '../../domain/user.ts'
import { defineUsers, fromUserRow, toUserRow } from './user-model.ts'
import type { UserRow } from './user-model.ts'

const COLUMNS = 'id, username, email, full_name, bio, avatar_url, version, created_at, updated_at'

const byId = statement('users.by-id', `SELECT ${COLUMNS} FROM users WHERE id = $1`)
const byUsername = statement('users.by-username', `SELECT ${COLUMNS} FROM users WHERE lower(username) = lower($1)`)
const byEmail = statement('users.by-email', `SELECT ${COLUMNS} FROM users WHERE lower(email) = lower($1)`)

const update = eventfulStatement(
  'users.update',
  9,
  `UPDATE users
   SET username = $2, email = $3, full_name = $4, full_name_folded = $5, bio = $6, avatar_url = $7,
       version = $8, updated_at = $9
   WHERE id = $1 AND version = $8 - 1
   RETURNING id`,
)
const remove = statement('users.remove', 'DELETE FROM users WHERE id = $1 RETURNING version')

const conflictOf = (error: unknown): unknown => {
  const violated = violatedConstraint(error)
  if (violated === 'users_username') return usernameTaken()
  return violated === 'users_email' ? emailTaken() : error
}

/** The profiles in Postgres. */
export const createUserRepository = (db: Database): Users => {
  const model = defineUsers(db.sequelize)

  const one = async (what: Statement, key: string | number): Promise<User | undefined> => {
    const [row] = await db.statement<UserRow>(what, [key])
    return row && fromUserRow(row)
  }

  const insert = ({ key, profile, at }: Registration, eventsOf: Parameters<Users['create']>[1]): Promise<User> =>
    db.transaction(async (tx) => {
      const row = { ...toUserRow(profile), version: 1, created_at: at, updated_at: at, registration_key: key ?? null }
      const user = fromUserRow(await model.create(row, { transaction: tx }))
      await appendEvents(tx, eventsOf(user))
      return user
    })

  const byRegistrationKey = async (key: string): Promise<User | undefined> => {
    const row = await model.findOne({ where: { registration_key: key } })
    return row ? fromUserRow(row) : undefined
  }

  return {
    byId: (id) => one(byId, id),
    byUsername: (username) => one(byUsername, username),
    byEmail: (email) => one(byEmail, email),
    lastKnown: (id) => one(byId, id),
    latest: (id) => one(byId, id),

    create: async (registration, eventsOf) => {
      try {
        return await insert(registration, eventsOf)
      } catch (error) {
        // A repetition may run into any of the unique indexes first, so the key is asked for whichever it was.
        const { key } = registration
        const earlier = violatedConstraint(error) !== undefined && key !== undefined && (await byRegistrationKey(key))
        if (earlier) return earlier
        throw conflictOf(error)
      }
    },

    save: async (user, events) => {
      const row = toUserRow(user)
      const names = [row.username, row.email, row.full_name, row.full_name_folded]
      const values = [user.id, ...names, row.bio, row.avatar_url, user.version, user.updatedAt]
      try {
        return (await writeWithEvents(db, update, values, events)).length > 0
      } catch (error) {
        throw conflictOf(error)
      }
    },

    remove: (id, eventsOf) =>
      db.transaction(async (tx) => {
        const [row] = await tx.statement<{ version: number }>(remove, [id])
        if (row) await appendEvents(tx, eventsOf(row.version))
        return row !== undefined
      }),
  }
}
