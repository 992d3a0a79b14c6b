import { followDeleted } from '@pharos/platform/contracts/events/follow-deleted.v1'
import { statement } from '@pharos/platform/postgres/connect'
import type { Tx } from '@pharos/platform/postgres/connect'
import { appendEvents } from '@pharos/platform/postgres/outbox'
import type { UserId } from '../../domain/follow.ts'
import { countChanges } from './count-changes.ts'

const MAX_ROWS = 500

/**
 * From here on nobody follows this user and the user follows nobody: both would have to raise a count that can no longer
 * be raised. What was written before is committed when this has the row, so the batches see it.
 */
const closeCounts = statement(
  'follow-counts.close',
  `INSERT INTO follow_counts (user_id, followers, followees, closed) VALUES ($1, 0, 0, true)
   ON CONFLICT (user_id) DO UPDATE SET followers = 0, followees = 0, closed = true`,
)

/**
 * The next follows by id, from `$2` on, where the user is on either side. They are locked in the order of their key before
 * they are deleted, so that the batches of two users who follow each other do not lock each other out.
 */
export const removeBatch = statement(
  'follows.remove-batch',
  `WITH next AS MATERIALIZED (
     (SELECT id, follower_id, followee_id FROM follows WHERE follower_id = $1 AND id >= $2 ORDER BY id LIMIT $3)
     UNION ALL
     (SELECT id, follower_id, followee_id FROM follows WHERE followee_id = $1 AND id >= $2 ORDER BY id LIMIT $3)
     ORDER BY id LIMIT $3
   ), locked AS MATERIALIZED (
     SELECT follower_id, followee_id FROM follows JOIN next USING (follower_id, followee_id)
     ORDER BY follower_id, followee_id FOR UPDATE OF follows
   ), removed AS (
     DELETE FROM follows USING locked
     WHERE follows.follower_id = locked.follower_id AND follows.followee_id = locked.followee_id
     RETURNING follows.follower_id, follows.followee_id
   ), counted AS (${countChanges('removed', 'ended')})
   SELECT count(*) AS found, max(id) AS last,
     (SELECT json_agg(json_build_object('follower_id', follower_id, 'followee_id', followee_id)) FROM removed) AS removed
   FROM next`,
)
type Pair = { readonly follower_id: number; readonly followee_id: number }
type Removed = { readonly found: number; readonly last: number | null; readonly removed: readonly Pair[] | null }

/**
 * The batches that remove all follows of a deleted user. The first closes the counts and no more: it runs in the transaction of
 * the event, and whoever holds counts must not wait for follows. `position` is then the lowest id that is left.
 */
export const removeFollows = async (
  tx: Tx,
  { userId }: { readonly userId: UserId },
  position: number,
): Promise<number | undefined> => {
  if (position === 0) {
    await tx.statement(closeCounts, [userId])
    return 1
  }
  const [batch] = await tx.statement<Removed>(removeBatch, [userId, position, MAX_ROWS])
  await appendEvents(
    tx,
    (batch?.removed ?? []).map((pair) => followDeleted.event(pair)),
  )
  return batch?.found === MAX_ROWS && batch.last !== null ? batch.last + 1 : undefined
}
