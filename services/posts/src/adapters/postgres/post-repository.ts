import { statement } from '@pharos/platform/postgres/connect'
import type { Database } from '@pharos/platform/postgres/connect'
import { eventfulStatement, writeWithEvents } from '@pharos/platform/postgres/outbox'
import type { Posts } from '../../application/ports.ts'
import type { Post } from '../../domain/post.ts'
import { fromPostRow, POST_COLUMNS, toListColumn } from './rows.ts'
import type { PostRow } from './rows.ts'

export const byIdStatement = statement('posts.by-id', `SELECT ${POST_COLUMNS.join(', ')} FROM posts WHERE id = $1`)

// Rows are locked in the order that the migration lays down, because each write takes its row from the one before. The first
// of a creation says whether the author may still write: a count is read as it is when its turn has come, and not as it was
// when the statement began.
const create = eventfulStatement(
  'posts.create',
  8,
  `INSERT INTO author_post_counts AS known (author_id, total) VALUES ($2, 1)
   ON CONFLICT (author_id) DO UPDATE SET total = known.total + 1 WHERE NOT known.closed
   RETURNING author_id, $1::bigint AS id, $3::timestamptz AS created_at, $7::json AS media`,
  `INSERT INTO posts (id, author_id, version, title, content, tags, media, created_at, updated_at)
   SELECT id, author_id, 1, $4, $5, $6::json, media, created_at, created_at FROM written`,
  'UPDATE post_totals SET total = total + 1 FROM written WHERE shard = written.author_id % 16',
  `INSERT INTO post_tags (tag_id, author_id, created_at, post_id)
   SELECT tag_id, author_id, created_at, id FROM written, unnest($8::bigint[]) AS tag_id`,
)
const withoutTags = `
  DELETE FROM post_tags AS old USING written
  WHERE old.tag_id = ANY($3::bigint[]) AND old.created_at = written.created_at AND old.post_id = written.id`
const update = eventfulStatement(
  'posts.update',
  9,
  `UPDATE posts SET title = $5, content = $6, tags = $7::json, media = $8::json, version = version + 1, updated_at = $9
   WHERE id = $1 AND version = $2
   RETURNING id, author_id, created_at`,
  withoutTags,
  `INSERT INTO post_tags (tag_id, author_id, created_at, post_id)
   SELECT tag_id, author_id, created_at, id FROM written, unnest($4::bigint[]) AS tag_id`,
)
const remove = eventfulStatement(
  'posts.remove',
  3,
  'DELETE FROM posts WHERE id = $1 AND version = $2 RETURNING id, author_id, created_at',
  withoutTags,
  `UPDATE author_post_counts AS known SET total = total - 1 FROM written WHERE known.author_id = written.author_id
   RETURNING known.author_id`,
  'UPDATE post_totals SET total = total - 1 FROM also_2 WHERE shard = also_2.author_id % 16',
)

/** The statements that write a post, for who wants to see how they are planned. */
export const writeStatements = [create, update, remove].map(({ statement: what }) => what)

type CreatedRow = Pick<PostRow, 'id' | 'media' | 'created_at'>

const idsOf = (tags: Post['tags']): number[] => tags.map(({ id }) => id)

/** The ids of tags that are on the one post and not on the other. */
const tagsOnlyOn = (post: Post, other: Post): number[] => {
  const others = new Set(idsOf(other.tags))
  return idsOf(post.tags).filter((id) => !others.has(id))
}

/** The posts in Postgres. Every write is one statement. */
export const createPostRepository = (db: Database): Posts => {
  const latest = async (id: number): Promise<Post | undefined> => {
    const [row] = await db.statement<PostRow>(byIdStatement, [id])
    return row && fromPostRow(row)
  }

  return {
    byId: latest,
    lastKnown: latest,
    latest,

    create: async (post, events) => {
      const { id, authorId, createdAt, title, content = null, tags, media } = post
      const parts = [toListColumn(tags), toListColumn(media), idsOf(tags)]
      const values = [id, authorId, createdAt, title, content, ...parts]
      const [row] = await writeWithEvents<CreatedRow>(db, create, values, events)
      return (
        row && { ...post, id: row.id, media: row.media ?? [], createdAt: row.created_at, updatedAt: row.created_at }
      )
    },

    save: async (before, after, events) => {
      const { id, title, content = null, tags, media, updatedAt } = after
      const lists = [toListColumn(tags), toListColumn(media)]
      const changes = [tagsOnlyOn(before, after), tagsOnlyOn(after, before)]
      const values = [id, before.version, ...changes, title, content, ...lists, updatedAt]
      return (await writeWithEvents(db, update, values, events)).length > 0
    },

    remove: async ({ id, version, tags }, events) =>
      (await writeWithEvents(db, remove, [id, version, idsOf(tags)], events)).length > 0,
  }
}
