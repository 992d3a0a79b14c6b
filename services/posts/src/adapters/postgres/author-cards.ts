import { statement } from '@pharos/platform/postgres/connect'
import type { Database } from '@pharos/platform/postgres/connect'
import type { AuthorCard, AuthorId } from '../../domain/author.ts'
import type { CardRow } from './rows.ts'

const byIds = statement(
  'posts.cards',
  `SELECT id, version, deleted, username, full_name, avatar_url, email, bio FROM user_cards WHERE id = ANY($1)`,
)

/** What is known of an account; `author` is undefined once it is gone. */
export type KnownAccount = { readonly author: AuthorCard | undefined }

const fromCardRow = (row: CardRow): KnownAccount => ({
  author: row.deleted
    ? undefined
    : {
        id: row.id,
        version: row.version,
        username: row.username ?? '',
        fullName: row.full_name ?? undefined,
        avatarUrl: row.avatar_url ?? undefined,
        email: row.email ?? '',
        bio: row.bio ?? undefined,
      },
})

/** Reads cards; accounts without one are not in the result. */
export const createCardReader =
  (db: Database) =>
  async (ids: readonly AuthorId[]): Promise<ReadonlyMap<AuthorId, KnownAccount>> => {
    const rows = await db.statement<CardRow>(byIds, [ids])
    return new Map(rows.map((row) => [row.id, fromCardRow(row)]))
  }

export type CardReader = ReturnType<typeof createCardReader>
