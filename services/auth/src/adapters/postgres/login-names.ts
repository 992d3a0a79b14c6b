import { inboxedStatement } from '@pharos/platform/postgres/inbox'
import type { Tx } from '@pharos/platform/postgres/connect'
import type { ConsumedEvent } from '@pharos/platform/kafka/handler'
import type { UserSnapshot } from '@pharos/platform/contracts/events/user'
import type { Models } from './models.ts'

/**
 * Keeps the copy of login names in step with users; an older version than the known one changes nothing.
 */
export const followNames = {
  statement: inboxedStatement(
    'credentials.follow-names',
    5,
    (isFirst) =>
      `UPDATE credentials SET username = $2, email = $3, names_version = $4,
         names_changed_at = CASE WHEN username = $2 AND email = $3 THEN names_changed_at ELSE $5 END
       WHERE user_id = $1 AND names_version < $4 AND ${isFirst}`,
  ),
  valuesOf: ({ data: { id, username, email, version }, time }: ConsumedEvent<UserSnapshot>) => [
    id,
    username,
    email,
    version,
    time,
  ],
}

export const createLoginNames = ({ credentials }: Models) => ({
  /** The sessions and their tokens go with it. */
  forget: async (userId: number, transaction: Tx): Promise<void> => {
    await credentials.destroy({ where: { userId }, transaction })
  },
})

export type LoginNamesStore = ReturnType<typeof createLoginNames>
