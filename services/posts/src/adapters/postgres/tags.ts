import { statement } from '@pharos/platform/postgres/connect'
import type { Database } from '@pharos/platform/postgres/connect'
import type { Tags } from '../../application/ports.ts'
import type { Tag } from '../../domain/post.ts'
import { createBoundedMap } from '@pharos/platform/runtime/bounded-map'

const MAX_TAGS = 50_000

const find = statement('posts.tags-by-name', 'SELECT id, name FROM tags WHERE name = ANY($1)')
/**
 * In the order of names, so that two that add the same ones wait for each other and never in a circle. A name that somebody
 * else has just added is invisible to this statement, and DO UPDATE returns it all the same.
 */
const add = statement(
  'posts.tags-add',
  `INSERT INTO tags (name) SELECT name FROM unnest($1::text[]) AS name ORDER BY name
   ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id, name`,
)

/** The tags in Postgres, remembered by name: they never change and never go, so the usual post asks nothing. */
export const createTags = (db: Database): Tags => {
  const known = createBoundedMap<string, Tag>(MAX_TAGS)

  const fetch = async (names: readonly string[]): Promise<ReadonlyMap<string, Tag>> => {
    const found = new Map<string, Tag>()
    const take = (tags: readonly Tag[]): void => {
      for (const tag of tags) found.set(tag.name, tag)
    }
    take(await db.statement<Tag>(find, [names]))
    const missing = names.filter((name) => !found.has(name))
    if (missing.length > 0) take(await db.statement<Tag>(add, [missing]))
    for (const tag of found.values()) known.set(tag.name, tag)
    return found
  }

  return {
    named: (names) => {
      const tags = names.map((name) => known.get(name))
      const missing = names.filter((_name, index) => tags[index] === undefined)
      if (missing.length === 0) return tags as Tag[]
      return fetch(missing).then((found) => names.map((name, index) => (tags[index] ?? found.get(name)) as Tag))
    },
  }
}
