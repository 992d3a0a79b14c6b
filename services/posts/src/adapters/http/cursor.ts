import { validationFailed } from '@pharos/platform/http/faults'
import type { Place } from '../../domain/list.ts'

const TEXT = /^(\d{1,16})\.(\d{1,16})$/
/** The last moment that a Date can hold. */
const MAX_MS = 8_640_000_000_000_000

/** A place as clients carry it from page to page; what is in it is nobody's business but ours. */
export const toCursor = ({ createdAt, id }: Place): string =>
  Buffer.from(`${createdAt.getTime()}.${id}`).toString('base64url')

/** @throws AppError `validation failed` for a text that no page has given */
export const fromCursor = (cursor: string): Place => {
  const match = TEXT.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  const [ms, id] = [Number(match?.[1] ?? Number.NaN), Number(match?.[2] ?? Number.NaN)]
  const place = { createdAt: new Date(ms), id }
  if (!(ms <= MAX_MS) || !Number.isSafeInteger(id) || id < 1 || toCursor(place) !== cursor) {
    throw validationFailed([{ path: 'cursor', message: 'must be the next_cursor of a page' }])
  }
  return place
}
