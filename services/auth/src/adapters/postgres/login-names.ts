import { statement } from '@pharos/platform/postgres/connect'
import type { Tx } from '@pharos/platform/postgres/connect'
import type { UserSnapshot } from '@pharos/platform/contracts/events/user'
import type { Models } from './models.ts'

// Named, not the model's: every change of any profile comes through here. Most leave the names, and so the indexes, alone.
const follow = statement(
  'credentials.follow-names',
  `UPDATE credentials SET username = $2, email = $3, names_version = $4,
     names_changed_at = CASE WHEN username = $2 AND email = $3 THEN names_changed_at ELSE $5 END
   WHERE user_id = $1 AND names_version < $4`,
)

/** Keeps the copy of login names in step with users, in the transaction that remembers the event. */
export const createLoginNames = ({ credentials }: Models) => ({
  /** An older version than the known one changes nothing: events may come twice, or late. */
  follow: async ({ id, username, email, version }: UserSnapshot, changedAt: Date, transaction: Tx): Promise<void> => {
    await transaction.statement(follow, [id, username, email, version, changedAt])
  },
  /** The sessions and their tokens go with it. */
  forget: async (userId: number, transaction: Tx): Promise<void> => {
    await credentials.destroy({ where: { userId }, transaction })
  },
})

export type LoginNamesStore = ReturnType<typeof createLoginNames>
