import { statement } from '@pharos/platform/postgres/connect'
import type { Database, Statement } from '@pharos/platform/postgres/connect'
import type { MaybePromise, NewIds } from '../../application/ports.ts'

/** What a process may leave unused when it ends; a gap costs nothing. */
const BLOCK = 20

const postIds = statement('posts.next-ids', `SELECT nextval('posts_id_seq') AS id FROM generate_series(1, $1)`)
const mediaIds = statement('posts.next-media-ids', `SELECT nextval('media_ids') AS id FROM generate_series(1, $1)`)

/** Takes ids in blocks, so that a write knows its ids beforehand and seldom waits for them. */
const createBlocks = (db: Database, next: Statement) => {
  const ids: number[] = []
  let refill: Promise<void> | undefined

  const fetch = async (): Promise<void> => {
    for (const { id } of await db.statement<{ id: number }>(next, [BLOCK])) ids.push(id)
  }
  const forget = (): void => {
    refill = undefined
  }

  return async (count: number): Promise<readonly number[]> => {
    while (ids.length < count) await (refill ??= fetch().finally(forget))
    return ids.splice(0, count)
  }
}

export const createNewIds = (db: Database): NewIds => {
  const posts = createBlocks(db, postIds)
  const media = createBlocks(db, mediaIds)
  return {
    forPost: async () => {
      const [id] = await posts(1)
      return id as number
    },
    forMedia: (count): MaybePromise<readonly number[]> => media(count),
  }
}
