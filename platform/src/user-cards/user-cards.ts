import type { ServiceClient } from '../http/client.ts'
import { usersInternalApi } from '../contracts/internal/users.ts'
import type { UserCard } from '../contracts/internal/users.ts'
import type { UserSnapshot } from '../contracts/events/user.ts'
import { userCreated } from '../contracts/events/user-created.v1.ts'
import { userDeleted } from '../contracts/events/user-deleted.v1.ts'
import { userUpdated } from '../contracts/events/user-updated.v1.ts'
import { isAppError } from '../errors.ts'
import { afterwards, on, onByStatement } from '../kafka/handler.ts'
import type { ConsumedEvent, EventHandler } from '../kafka/handler.ts'
import type { Database, Tx } from '../postgres/connect.ts'
import { inboxedStatement } from '../postgres/inbox.ts'
import { statement } from '../postgres/statement.ts'
import type { CardColumn } from './table.ts'

/** A service's copy of users: the table of `userCardsMigration`, fed by events, filled by a call where one is missing. */
export type UserCards = {
  /** What a consumer does with the events of users. `forget` is the service's own part of a deletion, in its transaction. */
  handlers(forget: (userId: number, tx: Tx) => Promise<void>): EventHandler[]
  /**
   * Whether there is such a user: by the card or, without one, by asking users, which fills it.
   * @throws AppError `unavailable` when there is no card and users cannot be asked
   */
  exists(userId: number): Promise<boolean>
  /**
   * Asks users for cards that are missing here and keeps them. Resolves with the ids that have a card now; those of
   * accounts that are gone are not among them, nor any that users could not be asked for.
   */
  lookUp(userIds: readonly number[]): Promise<ReadonlySet<number>>
}

type Row = Readonly<Record<CardColumn, string | null>>

const rowOf = (card: UserCard | UserSnapshot): Row => ({
  username: card.username,
  full_name: card.full_name ?? null,
  avatar_url: card.avatar_url ?? null,
  email: card.email,
  bio: card.bio ?? null,
})

const isNotFound = (error: unknown): boolean => isAppError(error) && error.kind === 'not-found'

/** `values` is a row constructor or a SELECT; an older version than the known one changes nothing. */
const upsert = (columns: readonly CardColumn[], source: string): string => `
INSERT INTO user_cards (${['id', 'version', ...columns].join(', ')}) ${source}
ON CONFLICT (id) DO UPDATE SET ${['version', ...columns].map((column) => `${column} = excluded.${column}`).join(', ')}
WHERE user_cards.version < excluded.version AND NOT user_cards.deleted`

/**
 * Opens the copy. `columns` are those of the table; an event that changes none of them is passed over. `users` is the
 * client of the users service. `changed` hears, after the commit, of each user whose card is not what it was.
 */
export const createUserCards = (options: {
  readonly db: Database
  readonly users: ServiceClient
  readonly columns: readonly CardColumn[]
  readonly changed?: (userId: number) => void
}): UserCards => {
  const { db, users, columns, changed } = options
  const parameters = 2 + columns.length
  const placeholders = Array.from({ length: parameters }, (_, index) => `$${index + 1}`).join(', ')
  const typed = ['bigint', 'integer', ...columns.map(() => 'text')]
  const selected = typed.map((type, index) => `$${index + 1}::${type}`).join(', ')

  const keep = statement('user-cards.keep', upsert(columns, `VALUES (${placeholders})`))
  const follow = inboxedStatement('user-cards.follow', parameters, (isFirst) =>
    upsert(columns, `SELECT ${selected} WHERE ${isFirst}`),
  )
  const bury = statement(
    'user-cards.bury',
    `INSERT INTO user_cards (id, version, deleted) VALUES ($1, $2, true)
     ON CONFLICT (id) DO UPDATE SET ${['version = excluded.version', 'deleted = true', ...columns.map((column) => `${column} = NULL`)].join(', ')}`,
  )
  const known = statement('user-cards.known', 'SELECT deleted FROM user_cards WHERE id = $1')

  const valuesOf = (card: UserCard | UserSnapshot): unknown[] => {
    const row = rowOf(card)
    return [card.id, card.version, ...columns.map((column) => row[column])]
  }
  const followed = ({ data }: ConsumedEvent<UserSnapshot>): unknown[] => valuesOf(data)
  const concerns = ({ changed: fields }: { readonly changed?: readonly string[] | undefined }): boolean =>
    fields === undefined || columns.some((column) => fields.includes(column))

  const telling = (handler: EventHandler): EventHandler =>
    changed ? afterwards(handler, ({ data }) => changed((data as { readonly id: number }).id)) : handler

  const fetchCard = async (userId: number): Promise<boolean> => {
    const card = await users.call(usersInternalApi.getCard, { params: { id: userId } })
    await db.statement(keep, valuesOf(card))
    changed?.(userId)
    return true
  }

  return {
    handlers: (forget) => [
      onByStatement(userCreated, follow, followed),
      telling(onByStatement(userUpdated, follow, followed, concerns)),
      telling(
        on(userDeleted, async ({ data: { id, version } }, tx) => {
          await tx.statement(bury, [id, version])
          await forget(id, tx)
        }),
      ),
    ],
    exists: async (userId) => {
      const [row] = await db.statement<{ deleted: boolean }>(known, [userId])
      if (row) return !row.deleted
      try {
        return await fetchCard(userId)
      } catch (error) {
        if (isNotFound(error)) return false
        throw error
      }
    },
    lookUp: async (userIds) => {
      const filled = new Set<number>()
      const fetchOne = async (userId: number): Promise<void> => {
        try {
          await fetchCard(userId)
          filled.add(userId)
        } catch (error) {
          if (!isNotFound(error) && !(isAppError(error) && error.kind === 'unavailable')) throw error
        }
      }
      await Promise.all(userIds.map(fetchOne))
      return filled
    },
  }
}
