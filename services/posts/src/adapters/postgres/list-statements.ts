import { statement } from '@pharos/platform/postgres/connect'
import type { Statement } from '@pharos/platform/postgres/connect'
import { MAX_LIMIT } from '../../domain/list.ts'
import { POST_COLUMNS } from './rows.ts'

/** The values that the statements of lists take, by the names they have in their texts below. */
export type ListValues = {
  readonly author: number | undefined
  readonly tag: string | undefined
  readonly after: Date | '-infinity'
  readonly before: Date | 'infinity'
  /** A page begins before this place: that of the cursor, or the end of the time asked for. */
  readonly until: Date | 'infinity'
  readonly until_id: number | string
  readonly offset: number
  readonly rows: number
}

/** One statement of the closed set, and which values it takes in which order. */
export type ListStatement = {
  readonly statement: Statement
  readonly parameters: readonly (keyof ListValues)[]
}

/** A choice among the statements. */
export type ListVariant = {
  readonly by: keyof typeof filters
  readonly dated: boolean
  readonly start: 'seek' | 'offset'
}

/** The most that any list may ask for, and one more, which tells whether there are more. */
const MAX_ROWS = MAX_LIMIT + 1

const AUTHOR = { column: 'author_id', value: '$author' }
const TAG = { column: 'tag_id', value: '(SELECT id FROM tags WHERE name = $tag)' }

/**
 * Where each filter finds its posts in their order: an index that begins with the filter's columns and goes on with time
 * and id. `counted` is a total that is kept; without one, or for a part of the time, the index is counted.
 */
const filters = {
  all: { table: 'posts', id: 'id', columns: [], counted: 'SELECT sum(total)::bigint FROM post_totals' },
  author: {
    table: 'posts',
    id: 'id',
    columns: [AUTHOR],
    counted: 'SELECT total FROM author_post_counts WHERE author_id = $author',
  },
  tag: { table: 'post_tags', id: 'post_id', columns: [TAG], counted: undefined },
  'author-tag': { table: 'post_tags', id: 'post_id', columns: [AUTHOR, TAG], counted: undefined },
} as const satisfies Record<string, Filter>

type Filter = {
  readonly table: 'posts' | 'post_tags'
  readonly id: 'id' | 'post_id'
  readonly columns: readonly { readonly column: string; readonly value: string }[]
  readonly counted: string | undefined
}

const totalOf = ({ table, columns, counted }: Filter, dated: boolean): string => {
  if (counted !== undefined && !dated) return counted
  const conditions = columns.map(({ column, value }) => `${column} = ${value}`)
  return `SELECT count(*) FROM ${table} WHERE ${[...conditions, 'created_at BETWEEN $after AND $before'].join(' AND ')}`
}

/**
 * The range of the index as comparisons of whole rows. Equality with a column would say the same, but then Postgres guesses
 * how many posts an author or a tag has, and where it guesses few it reads and sorts all of them. Of a range of rows it
 * knows nothing and takes it for a large one, of which the constant limit leaves few: it reads the index in its order. No
 * more is read than is asked for, because the scan stops with the outer limit.
 */
const rangeOf = ({ table, id, columns }: Filter, selected: readonly string[], offset: boolean): string => {
  const names = columns.map(({ column }) => column)
  const values = columns.map(({ value }) => value)
  const row = (...items: string[]): string => `(${items.join(', ')})`
  return `SELECT ${selected.join(', ')} FROM ${table}
    WHERE ${row(...names, 'created_at', id)} < ${row(...values, '$until', '$until_id')}
      AND ${row(...names, 'created_at')} >= ${row(...values, '$after')}
    ORDER BY ${orderOf(names, id)} LIMIT ${MAX_ROWS}${offset ? ' OFFSET $offset' : ''}`
}

const orderOf = (names: readonly string[], id: string, prefix = ''): string =>
  [...names, 'created_at', id].map((column) => `${prefix}${column} DESC`).join(', ')

const listText = (filter: Filter, { dated, start }: ListVariant): string => {
  const names = filter.columns.map(({ column }) => column)
  const columns = POST_COLUMNS.map((column) => `p.${column}`).join(', ')
  // What an offset leaves out is counted in the index alone, so the posts themselves are read afterwards.
  const direct = filter.table === 'posts' && start === 'seek'
  const keys = [...names, 'created_at', filter.id]
  const pages = direct
    ? `(${rangeOf(filter, POST_COLUMNS, false)}) AS p`
    : `(${rangeOf(filter, keys, start === 'offset')}) AS k JOIN posts AS p ON p.id = k.${filter.id}`
  return `SELECT (${totalOf(filter, dated)}) AS total, ${columns},
    c.deleted, c.username, c.full_name, c.avatar_url
  FROM ${pages} LEFT JOIN user_cards AS c ON c.id = p.author_id
  ORDER BY ${orderOf(names, filter.id, direct ? 'p.' : 'k.')} LIMIT $rows`
}

const define = (name: string, text: string): ListStatement => {
  const parameters: (keyof ListValues)[] = []
  const numbered = text.replace(/\$([a-z_]+)/g, (_all, parameter: keyof ListValues) => {
    if (!parameters.includes(parameter)) parameters.push(parameter)
    return `$${parameters.indexOf(parameter) + 1}`
  })
  return { statement: statement(name, numbered), parameters }
}

/** Only a total that is kept makes a difference between all the time and a part of it. */
const nameOf = ({ by, dated, start }: ListVariant): string => {
  const counts = dated && filters[by].counted !== undefined
  return `posts.list-${by}${counts ? '-dated' : ''}${start === 'offset' ? '-offset' : ''}`
}

const variants: readonly ListVariant[] = (['all', 'author', 'tag', 'author-tag'] as const).flatMap((by) =>
  [false, true].flatMap((dated) => (['seek', 'offset'] as const).map((start) => ({ by, dated, start }))),
)

/** Every statement that a list may be, by name, made once. */
export const listStatements: ReadonlyMap<string, ListStatement> = new Map(
  variants.map((variant) => [nameOf(variant), define(nameOf(variant), listText(filters[variant.by], variant))]),
)

/** The one for a choice. */
export const listStatement = (variant: ListVariant): ListStatement => {
  const found = listStatements.get(nameOf(variant))
  if (!found) throw new Error(`there is no statement ${nameOf(variant)}`)
  return found
}
