import { statement } from '@pharos/platform/postgres/connect'
import type { Database, Statement } from '@pharos/platform/postgres/connect'
import type { SearchPage, UserSearch } from '../../application/ports.ts'
import { fold } from '../../domain/search.ts'
import type { SearchQuery } from '../../domain/search.ts'
import { fromUserRow } from './user-model.ts'
import type { UserRow } from './user-model.ts'

type FoundRow = UserRow & { readonly total: number }

/**
 * Page and true total in one statement. Of all matches only what orders them is carried along, as one number: the username
 * itself, usernames that begin so, full names that begin so, the rest; within that the shorter, of which the text is the
 * greater part (a text is far shorter than 10,000 bytes); then the id. LIKE compares bytes, where `starts_with` first cuts
 * its argument by characters.
 */
const pageOf = (condition: string): string => `
WITH hit AS MATERIALIZED (
  SELECT id, octet_length(search_text) +
    CASE WHEN search_text LIKE $5 THEN 0
         WHEN search_text LIKE $1 THEN 10000
         WHEN full_name_folded LIKE $1 THEN 20000
         ELSE 30000 END AS rank
  FROM users WHERE ${condition}
), page AS (
  SELECT id, rank FROM hit ORDER BY rank, id LIMIT $3 OFFSET $4
)
SELECT (SELECT count(*) FROM hit) AS total,
  u.id, u.username, u.email, u.full_name, u.bio, u.avatar_url, u.version, u.created_at, u.updated_at
FROM page JOIN users u USING (id)
ORDER BY rank, id`

const indexed = statement('users.search', pageOf('search_text LIKE $2'))
const indexedOrEmail = statement('users.search-or-email', pageOf('search_text LIKE $2 OR lower(email) = lower($6)'))
// Without a trigram to look for, the index would be read from end to end; the expression keeps the planner off it.
const scanned = statement('users.search-scan', pageOf(`search_text || '' LIKE $2`))

/** What stands between the two names in `search_text`. */
const SEPARATOR = '\u001f'

/** What pg_trgm gets a trigram from: three letters or digits in a row, or fewer at a known border of a word. */
const HAS_TRIGRAM = /[\p{L}\p{N}]{3}|[^\p{L}\p{N}][\p{L}\p{N}]|[\p{L}\p{N}]{2}[^\p{L}\p{N}]/u

const literal = (text: string): string => text.replace(/[\\%_]/g, String.raw`\$&`)

/** The statement and the values for a search: which one depends on what the index can do for the text. */
export const searchStatement = ({
  text,
  page,
  limit,
}: SearchQuery): { what: Statement; values: readonly unknown[] } => {
  const folded = fold(text)
  const pattern = literal(folded)
  const values = [`${pattern}%`, `%${pattern}%`, limit, (page - 1) * limit, `${pattern}${SEPARATOR}%`]
  if (!HAS_TRIGRAM.test(folded)) return { what: scanned, values }
  return folded.includes('@') ? { what: indexedOrEmail, values: [...values, text] } : { what: indexed, values }
}

/** Search by one statement over the trigram index; a text too short for it scans the table. */
export const createUserSearch = (db: Database): UserSearch => {
  const find = async (query: SearchQuery): Promise<SearchPage> => {
    const { what, values } = searchStatement(query)
    const [first, ...rest] = await db.statement<FoundRow>(what, values)
    if (first) return { total: first.total, users: [first, ...rest].map(fromUserRow) }
    // Beyond the last page nothing tells the total; the first page does.
    return { total: query.page === 1 ? 0 : (await find({ ...query, page: 1, limit: 1 })).total, users: [] }
  }
  return { find }
}
