import { statement } from '@pharos/platform/postgres/connect'
import type { Database, Statement } from '@pharos/platform/postgres/connect'
import type { UserSearch } from '../../application/ports.ts'
import { fold } from '../../domain/search.ts'
import type { SearchQuery } from '../../domain/search.ts'
import { fromUserRow } from './user-model.ts'
import type { UserRow } from './user-model.ts'

type FoundRow = { readonly total: number } & { readonly [K in keyof UserRow]: UserRow[K] | null }

/**
 * Page and true total in one statement; beyond the last page there is the total alone, in a row without a user.
 * Of all matches only what orders them is carried along. Order: the username itself, usernames that begin so, full
 * names that begin so, the rest; within that the shorter, of which the text is the greater part; then the id. LIKE
 * compares bytes, where `starts_with` first cuts its argument by characters.
 */
const pageOf = (condition: string): string => `
WITH hit AS MATERIALIZED (
  SELECT id, octet_length(search_text) AS length,
    CASE WHEN search_text LIKE $5 THEN 0
         WHEN search_text LIKE $1 THEN 1
         WHEN full_name_folded LIKE $1 THEN 2
         ELSE 3 END AS class
  FROM users WHERE ${condition}
), page AS (
  SELECT id, class, length FROM hit ORDER BY class, length, id LIMIT (SELECT $3::integer) OFFSET (SELECT $4::integer)
)
SELECT (SELECT count(*) FROM hit) AS total,
  u.id, u.username, u.email, u.full_name, u.bio, u.avatar_url, u.version, u.created_at, u.updated_at
FROM (SELECT) AS always LEFT JOIN (page JOIN users u USING (id)) ON true
ORDER BY class, length, id`

// The pattern comes from a subquery so that the planner does not look at its value: the plan is then the same for
// every pattern (the trigram index). The limits do so too: a plan that knows them looks cheaper than one that does not, so
// Postgres would plan each search anew, which is a third of it.
const indexed = statement('users.search', pageOf('search_text LIKE (SELECT $2)'))
const indexedOrEmail = statement(
  'users.search-or-email',
  pageOf('search_text LIKE (SELECT $2) OR lower(email) = lower($6)'),
)
// Without a trigram to look for, the index would be read from end to end; the expression keeps the planner off it.
const scanned = statement('users.search-scan', pageOf(`search_text || '' LIKE $2`))

/** What stands between the two names in `search_text`. */
const SEPARATOR = '\u001f'

/** What pg_trgm gets a trigram from: three letters or digits in a row, or fewer at a known border of a word. */
const HAS_TRIGRAM = /[\p{L}\p{N}]{3}|[^\p{L}\p{N}][\p{L}\p{N}]|[\p{L}\p{N}]{2}[^\p{L}\p{N}]/u

const literal = (text: string): string => text.replace(/[\\%_]/g, String.raw`\$&`)

const isFound = (row: FoundRow): row is FoundRow & UserRow => row.id !== null

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
export const createUserSearch = (db: Database): UserSearch => ({
  find: async (query) => {
    const { what, values } = searchStatement(query)
    const rows = await db.statement<FoundRow>(what, values)
    return { total: rows[0]?.total ?? 0, users: rows.filter(isFound).map(fromUserRow) }
  },
})
