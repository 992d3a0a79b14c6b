import { Op } from 'sequelize'
import type { Tx } from '@pharos/platform/postgres/connect'
import type { UserSnapshot } from '@pharos/platform/contracts/events/user'
import type { Models } from './models.ts'

/** Keeps the copy of login names in step with users, in the transaction that remembers the event. */
export const createLoginNames = ({ credentials }: Models) => ({
  /** An older version than the known one changes nothing: events may come twice, or late. */
  follow: async ({ id, username, email, version }: UserSnapshot, changedAt: Date, transaction: Tx): Promise<void> => {
    await credentials.update(
      { username, email, namesVersion: version, namesChangedAt: changedAt },
      { where: { userId: id, namesVersion: { [Op.lt]: version } }, transaction },
    )
  },
  /** The sessions and their tokens go with it. */
  forget: async (userId: number, transaction: Tx): Promise<void> => {
    await credentials.destroy({ where: { userId }, transaction })
  },
})

export type LoginNamesStore = ReturnType<typeof createLoginNames>
