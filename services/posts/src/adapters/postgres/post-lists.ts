import type { Database } from '@pharos/platform/postgres/connect'
import type { FoundPage, PostLists } from '../../application/ports.ts'
import type { Author } from '../../domain/author.ts'
import type { AuthoredPost, Place, PostQuery } from '../../domain/list.ts'
import { listStatement } from './list-statements.ts'
import type { ListStatement, ListValues } from './list-statements.ts'
import { fromPostRow } from './rows.ts'
import type { CardRow, PostRow } from './rows.ts'

type ListedRow = PostRow &
  Pick<CardRow, 'username' | 'full_name' | 'avatar_url'> & {
    readonly total: number
    /** Null without a card. */
    readonly deleted: boolean | null
  }

/** Higher than any id. */
const LAST_ID = '9223372036854775807'

const filterOf = ({ authorId, tag }: PostQuery) => {
  if (authorId === undefined) return tag === undefined ? 'all' : 'tag'
  return tag === undefined ? 'author' : 'author-tag'
}

/** The nearer of where the cursor stands and where the time asked for ends, which it includes. */
const untilOf = (place: Place | undefined, before: Date | undefined): Pick<ListValues, 'until' | 'until_id'> => {
  if (place && (before === undefined || place.createdAt <= before))
    return { until: place.createdAt, until_id: place.id }
  return { until: before ?? 'infinity', until_id: LAST_ID }
}

/** The statement for a query and its values. One row more than the page holds is read, to know whether there is one. */
export const listCall = (query: PostQuery): { what: ListStatement; values: readonly unknown[] } => {
  const { authorId, tag, after, before, start, limit } = query
  const place = 'place' in start ? start.place : undefined
  const offset = 'offset' in start ? start.offset : 0
  const what = listStatement({
    by: filterOf(query),
    dated: after !== undefined || before !== undefined,
    start: offset > 0 ? 'offset' : 'seek',
  })
  const values: ListValues = {
    author: authorId,
    tag,
    after: after ?? '-infinity',
    before: before ?? 'infinity',
    ...untilOf(place, before),
    offset,
    rows: limit + 1,
  }
  return { what, values: what.parameters.map((name) => values[name]) }
}

const authorOf = (row: ListedRow): Author | undefined =>
  row.deleted === false
    ? {
        id: row.author_id,
        username: row.username ?? '',
        fullName: row.full_name ?? undefined,
        avatarUrl: row.avatar_url ?? undefined,
      }
    : undefined

const fromListedRow = (row: ListedRow): AuthoredPost => ({ post: fromPostRow(row), author: authorOf(row) })

/** Lists of posts: page, authors and true total by one statement. */
export const createPostLists = (db: Database): PostLists => {
  const read = (query: PostQuery): Promise<ListedRow[]> => {
    const { what, values } = listCall(query)
    return db.statement<ListedRow>(what.statement, values)
  }

  /** A page without a row does not tell the total; the first page does. */
  const totalBeyond = async (query: PostQuery): Promise<number> => {
    const isFirst = 'offset' in query.start && query.start.offset === 0
    const [first] = isFirst ? [] : await read({ ...query, start: { offset: 0 }, limit: 1 })
    return first?.total ?? 0
  }

  const find = async (query: PostQuery): Promise<FoundPage> => {
    const rows = await read(query)
    const shown = rows.slice(0, query.limit)
    const last = shown.at(-1)
    const unknown = shown.filter(({ deleted }) => deleted === null).map((row) => row.author_id)
    return {
      posts: shown.map(fromListedRow),
      total: rows[0]?.total ?? (await totalBeyond(query)),
      next: last && rows.length > shown.length ? { createdAt: last.created_at, id: last.id } : undefined,
      unknown: [...new Set(unknown)],
    }
  }
  return { find }
}
