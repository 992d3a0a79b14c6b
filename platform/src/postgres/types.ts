import pg from 'pg'
import type { Client } from 'pg'

const INT8 = 20
const TIMESTAMPTZ = 1184
/** `pg` knows it, its types do not. */
const INT8_ARRAY: number = 1016

/** Ids are JSON numbers everywhere, so a bigint is one here too. @throws RangeError beyond 2^53 */
const parseInt8 = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError('a bigint does not fit a number')
  return value
}

const parseAnyTimestamp = pg.types.getTypeParser(TIMESTAMPTZ, 'text') as (text: string) => Date

/** Sessions are in UTC, so a time is RFC 3339 but for a letter and the offset; V8 reads that many times as fast. */
export const parseTimestamp = (text: string): Date => {
  if (text.endsWith('+00')) {
    const time = new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
    if (!Number.isNaN(time.getTime())) return time
  }
  return parseAnyTimestamp(text)
}

type ArrayParser = { create(text: string, parse: (item: string) => number): { parse(): number[] } }
const { arrayParser } = pg.types as unknown as { arrayParser: ArrayParser }

/** Makes a connection return bigints as numbers, and times quickly; everything else is as `pg` has it. */
export const setTypes = (client: Client): void => {
  client.setTypeParser(INT8, parseInt8)
  client.setTypeParser(TIMESTAMPTZ, parseTimestamp)
  client.setTypeParser(INT8_ARRAY, (text: string) => arrayParser.create(text, parseInt8).parse())
}
