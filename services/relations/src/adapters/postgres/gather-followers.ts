import { followersGathered, MAX_GATHERED } from '@pharos/platform/contracts/events/followers-gathered.v1'
import { statement } from '@pharos/platform/postgres/connect'
import type { Database, Tx } from '@pharos/platform/postgres/connect'
import { rememberEventSql } from '@pharos/platform/postgres/inbox'
import { appendEvents, eventsStored, storeEventsSql } from '@pharos/platform/postgres/outbox'
import { activeCorrelationId, activeTraceparent } from '@pharos/platform/telemetry/context'
import { newUuid } from '@pharos/platform/telemetry/ids'

export type GatheredPost = { readonly id: number; readonly author_id: number; readonly title: string }

/** `until` is the newest follow of the author when the post was heard of. */
export type Gathering = { readonly post: GatheredPost; readonly until: number }

/**
 * All followers of an author who has at most `$3`: the inbox row, the event with all of them, and an answer. It sees by one
 * more than `$3` that there are too many, and then writes nothing at all, not even that it has seen the event.
 */
export const gatherAll = statement(
  'follows.gather-all',
  `WITH gathered AS MATERIALIZED (
     SELECT count(*) AS followers, json_agg(follower_id ORDER BY id) AS ids
     FROM (SELECT id, follower_id FROM follows WHERE followee_id = $1 ORDER BY id LIMIT $3 + 1) AS oldest
   ), first AS (
     ${rememberEventSql('SELECT $4::text, $5::uuid FROM gathered WHERE followers <= $3')}
   ), stored AS (
     ${storeEventsSql(`SELECT $6::uuid, $7, $1::text, $8, $9, json_build_object('post', $2::json, 'follower_ids', ids),
       now(), $10, $11 FROM gathered WHERE followers > 0 AND EXISTS (SELECT FROM first)`)}
   )
   SELECT followers, EXISTS (SELECT FROM first) AS "isFirst" FROM gathered`,
)

/** One batch of the followers of an author who has more, in ascending order. */
export const gatherNext = statement(
  'follows.gather-next',
  `SELECT id, follower_id FROM follows WHERE followee_id = $1 AND id > $2 AND id <= $3 ORDER BY id LIMIT $4`,
)
export const newest = statement(
  'follows.newest-of-followee',
  'SELECT max(id) AS id FROM follows WHERE followee_id = $1',
)

/** True or false as the event was new or not; `too-many` when nothing was done because it takes batches. */
export const gatherAllFollowers = async (
  db: Database,
  post: GatheredPost,
  { consumer, eventId }: { readonly consumer: string; readonly eventId: string },
): Promise<boolean | 'too-many'> => {
  const { type, topic } = followersGathered
  const origin = [activeTraceparent() ?? null, activeCorrelationId() ?? null]
  const event = [newUuid(), topic.name, type, topic.source, ...origin]
  const values = [post.author_id, JSON.stringify(post), MAX_GATHERED, consumer, eventId, ...event]
  const [row] = await db.statement<{ followers: number; isFirst: boolean }>(gatherAll, values)
  if (!row || row.followers > MAX_GATHERED) return 'too-many'
  if (row.isFirst && row.followers > 0) eventsStored(db, [type])
  return row.isFirst
}

/** The newest follow of an author, which bounds a gathering: whoever follows later has not missed the post. */
export const newestFollowOf = async (tx: Tx, authorId: number): Promise<number> =>
  (await tx.statement<{ id: number | null }>(newest, [authorId]))[0]?.id ?? 0

/**
 * The batches of an author with more followers than an event holds. Ids only grow, so with a fixed upper bound a follower
 * is met once, also one who leaves and comes back meanwhile. `position` is the last id that was gathered.
 */
export const gatherFollowers = async (
  tx: Tx,
  { post, until }: Gathering,
  position: number,
): Promise<number | undefined> => {
  const values = [post.author_id, position, until, MAX_GATHERED]
  const found = await tx.statement<{ id: number; follower_id: number }>(gatherNext, values)
  if (found.length === 0) return undefined
  const follower_ids = found.map((follow) => follow.follower_id)
  await appendEvents(tx, [followersGathered.event({ post, follower_ids })])
  return found.length === MAX_GATHERED ? found.at(-1)?.id : undefined
}
