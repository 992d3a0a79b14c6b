import type { Batch } from '@pharos/platform/postgres/batched-work'
import { statement } from '@pharos/platform/postgres/connect'
import type { Tx } from '@pharos/platform/postgres/connect'

const BATCH = 500

export const removeSome = statement(
  'notifications.remove-some',
  `WITH gone AS (
     DELETE FROM notifications WHERE id IN (
       SELECT id FROM notifications WHERE user_id = $1 ORDER BY id DESC LIMIT $2)
     RETURNING 1
   )
   SELECT count(*) AS count FROM gone`,
)
const lock = statement('inboxes.lock', 'SELECT 1 FROM inboxes WHERE user_id = $1 FOR UPDATE')
const close = statement('inboxes.remove', 'DELETE FROM inboxes WHERE user_id = $1')

const removed = async (tx: Tx, userId: number): Promise<boolean> => {
  const [row] = await tx.statement<{ count: number }>(removeSome, [userId, BATCH])
  return (row?.count ?? 0) > 0
}

/**
 * Removes what a user had who is gone, a batch at a time, and the inbox last. Somebody may still be adding who has not
 * seen that the user is gone. So the inbox is never closed in the transaction that says it, and not before it is locked: who was writing
 * has then finished, and the next statement sees what they have added.
 */
export const removeInbox: Batch<{ readonly userId: number }> = async (tx, { userId }, position) => {
  const hadSome = await removed(tx, userId)
  if (position === 0 || hadSome) return position + 1
  await tx.statement(lock, [userId])
  if (await removed(tx, userId)) return position + 1
  await tx.statement(close, [userId])
  return undefined
}
