import pg from 'pg'
import type { Client } from 'pg'

const INT8 = 20
/** `pg` knows it, its types do not. */
const INT8_ARRAY: number = 1016

/** Ids are JSON numbers everywhere, so a bigint is one here too. @throws RangeError beyond 2^53 */
const parseInt8 = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError('a bigint does not fit a number')
  return value
}

type ArrayParser = { create(text: string, parse: (item: string) => number): { parse(): number[] } }
const { arrayParser } = pg.types as unknown as { arrayParser: ArrayParser }

/** Makes a connection return bigints as numbers; everything else is as `pg` has it (timestamps are `Date`s). */
export const setTypes = (client: Client): void => {
  client.setTypeParser(INT8, parseInt8)
  client.setTypeParser(INT8_ARRAY, (text: string) => arrayParser.create(text, parseInt8).parse())
}
