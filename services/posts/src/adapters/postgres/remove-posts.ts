import type { Clock } from '@pharos/platform/runtime/clock'
import type { Batch } from '@pharos/platform/postgres/batched-work'
import { statement } from '@pharos/platform/postgres/connect'
import { appendEvents } from '@pharos/platform/postgres/outbox'
import type { AuthorId } from '../../domain/author.ts'
import { deleted } from '../../domain/post.ts'
import type { PostId, Tag } from '../../domain/post.ts'

const BATCH_POSTS = 500

const close = statement(
  'posts.close-author',
  `INSERT INTO author_post_counts (author_id, total, closed) VALUES ($1, 0, true)
   ON CONFLICT (author_id) DO UPDATE SET closed = true`,
)
/** A range of the index, as in lists: Postgres might guess that an equal number of posts is half of them all. */
const next = statement(
  'posts.next-of-author',
  `SELECT id, version, created_at, tags FROM posts
   WHERE (author_id, created_at) >= ($1, '-infinity') AND (author_id, created_at) <= ($1, 'infinity')
   ORDER BY author_id, created_at, id LIMIT $2 FOR UPDATE`,
)
const remove = statement(
  'posts.remove-batch',
  `WITH gone AS (
     DELETE FROM posts WHERE id = ANY($2::bigint[]) RETURNING id),
   untagged AS (
     DELETE FROM post_tags AS old
     USING unnest($3::bigint[], $4::timestamptz[], $5::bigint[]) AS removed (tag_id, created_at, post_id)
     WHERE old.tag_id = removed.tag_id AND old.created_at = removed.created_at AND old.post_id = removed.post_id),
   counted AS (
     UPDATE author_post_counts SET total = total - (SELECT count(*) FROM gone) WHERE author_id = $1
     RETURNING author_id)
   UPDATE post_totals SET total = total - (SELECT count(*) FROM gone) FROM counted
   WHERE shard = counted.author_id % 16`,
)

/** The statements of a batch, for who wants to see how they are planned. */
export const removalStatements = [next, remove]

type DoomedRow = {
  readonly id: PostId
  readonly version: number
  readonly created_at: Date
  readonly tags: readonly Tag[] | null
}

/**
 * Removes the posts of a closed account. The first batch only ends its writing, and alone, because it locks the author's
 * count before any post; from its commit on nothing can be added. `forget` hears of what is gone, after the commit.
 */
export const removePosts =
  (clock: Clock, forget: (ids: readonly PostId[]) => Promise<void>): Batch<{ readonly author_id: AuthorId }> =>
  async (tx, { author_id: authorId }, position) => {
    if (position === 0) {
      await tx.statement(close, [authorId])
      return 1
    }
    const doomed = await tx.statement<DoomedRow>(next, [authorId, BATCH_POSTS])
    if (doomed.length === 0) return undefined
    const ids = doomed.map(({ id }) => id)
    const tagged = doomed.flatMap((post) => (post.tags ?? []).map((tag) => ({ tag, post })))
    await tx.statement(remove, [
      authorId,
      ids,
      tagged.map(({ tag }) => tag.id),
      tagged.map(({ post }) => post.created_at),
      tagged.map(({ post }) => post.id),
    ])
    const now = clock.now()
    await appendEvents(
      tx,
      doomed.flatMap(({ id, version }) => deleted({ id, authorId, version }, now)),
    )
    tx.afterCommit(() => forget(ids))
    return position + doomed.length
  }
