import { statement } from '@pharos/platform/postgres/connect'
import type { Database } from '@pharos/platform/postgres/connect'
import { isCheckViolation } from '@pharos/platform/postgres/errors'
import { eventfulStatement, writeWithEvents } from '@pharos/platform/postgres/outbox'
import type { FollowOutcome, Follows } from '../../application/ports.ts'
import type { Follow } from '../../domain/follow.ts'
import { countChanges } from './count-changes.ts'

const insert = eventfulStatement(
  'follows.insert',
  3,
  `INSERT INTO follows (follower_id, followee_id, created_at)
   SELECT $1::bigint, $2::bigint, $3::timestamptz FROM user_cards WHERE id = $2 AND NOT deleted
   ON CONFLICT DO NOTHING
   RETURNING follower_id, followee_id`,
  countChanges('written', 'opened'),
)
const remove = eventfulStatement(
  'follows.remove',
  2,
  `DELETE FROM follows WHERE follower_id = $1 AND followee_id = $2 RETURNING follower_id, followee_id`,
  countChanges('written', 'ended'),
)
/** Why nothing was inserted. An account that is gone comes before a follow that it still has. */
const explain = statement(
  'follows.explain',
  `SELECT EXISTS (SELECT FROM user_cards WHERE id = $1 AND deleted) AS "followerGone",
          EXISTS (SELECT FROM user_cards WHERE id = $2 AND NOT deleted) AS "followeeThere",
          EXISTS (SELECT FROM follows WHERE follower_id = $1 AND followee_id = $2) AS following`,
)
type Explanation = { readonly followerGone: boolean; readonly followeeThere: boolean; readonly following: boolean }

/** Who follows whom, in Postgres: a write, its counts and its events are one statement. */
export const createFollows = (db: Database): Follows => {
  const outcomeOf = async ({ followerId, followeeId }: Follow): Promise<FollowOutcome> => {
    const [found] = await db.statement<Explanation>(explain, [followerId, followeeId])
    if (found?.followerGone) return 'no-follower'
    return found?.followeeThere && found.following ? 'followed-before' : 'no-followee'
  }

  return {
    add: async (follow, at, events) => {
      const { followerId, followeeId } = follow
      try {
        const written = await writeWithEvents(db, insert, [followerId, followeeId, at], events)
        return written.length > 0 ? 'followed' : await outcomeOf(follow)
      } catch (error) {
        // One of the two was deleted while this was being written, see `closeCounts`.
        if (isCheckViolation(error, 'follow_counts_closed')) return outcomeOf(follow)
        throw error
      }
    },
    remove: async ({ followerId, followeeId }, events) =>
      (await writeWithEvents(db, remove, [followerId, followeeId], events)).length > 0,
  }
}
