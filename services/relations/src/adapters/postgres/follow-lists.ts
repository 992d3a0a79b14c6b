import { statement } from '@pharos/platform/postgres/connect'
import type { Database, Statement } from '@pharos/platform/postgres/connect'
import type { FollowList, FollowLists, ReadList } from '../../application/ports.ts'
import type { Card, Listed } from '../../domain/listed-user.ts'

type ListedRow = readonly [id: number, username: string | null, avatarUrl: string | null, deleted: boolean | null]
type ListRow = {
  readonly deleted: boolean | null
  readonly total: number | null
  readonly listed: readonly ListedRow[] | null
}
type Side = { readonly listed: string; readonly of: string; readonly total: string }

/**
 * The page, the total and what is known of the owner, in one row: JSON costs both sides less than twenty rows, and there
 * is an answer when the page is empty. OFFSET 0 keeps the look-up of a card apart, so that it is one by the key whatever the
 * planner, which doesn't know the limit, believes of the length of a page.
 */
const listSql = ({ listed, of, total }: Side): string => `
SELECT (SELECT deleted FROM user_cards WHERE id = $1) AS deleted,
  (SELECT ${total} FROM follow_counts WHERE user_id = $1) AS total,
  (SELECT json_agg(json_build_array(page.user_id, card.username, card.avatar_url, card.deleted) ORDER BY page.id DESC)
   FROM (SELECT id, ${listed} AS user_id FROM follows WHERE ${of} = $1 ORDER BY id DESC LIMIT $2 OFFSET $3) AS page
   LEFT JOIN LATERAL (
     SELECT username, avatar_url, deleted FROM user_cards WHERE id = page.user_id OFFSET 0
   ) AS card ON true) AS listed`

/** Exported for the test of their plans. */
export const followersOf = statement(
  'follows.followers-of',
  listSql({ listed: 'follower_id', of: 'followee_id', total: 'followers' }),
)
export const followeesOf = statement(
  'follows.followees-of',
  listSql({ listed: 'followee_id', of: 'follower_id', total: 'followees' }),
)

const cardOf = ([, username, avatarUrl, deleted]: ListedRow): Card => {
  if (deleted === null) return 'missing'
  return deleted || username === null ? 'deleted' : { username, avatarUrl: avatarUrl ?? undefined }
}

const fromListedRow = (row: ListedRow): Listed => ({ id: row[0], card: cardOf(row) })

const ownerOf = (deleted: boolean | null | undefined): FollowList['owner'] => {
  if (deleted === null || deleted === undefined) return 'unknown'
  return deleted ? 'deleted' : 'known'
}

/** The lists, each by one statement. */
export const createFollowLists = (db: Database): FollowLists => {
  const readBy =
    (what: Statement): ReadList =>
    async (userId, { page, limit }) => {
      const [row] = await db.statement<ListRow>(what, [userId, limit, (page - 1) * limit])
      return { owner: ownerOf(row?.deleted), total: row?.total ?? 0, listed: row?.listed?.map(fromListedRow) ?? [] }
    }
  return { followersOf: readBy(followersOf), followeesOf: readBy(followeesOf) }
}
