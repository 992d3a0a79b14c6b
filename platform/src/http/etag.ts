import { createHash } from 'node:crypto'
import type { Request } from 'express'

/** A weak validator of a serialised resource: weak, because the envelope around it carries the time of the answer. */
export const etagOf = (json: string): string => `W/"${createHash('sha1').update(json).digest('base64url')}"`

/** True when the client's `If-None-Match` names this version (weak comparison, RFC 9110 §13.1.2). */
export const notModified = (req: Request, etag: string): boolean => {
  const given = req.headers['if-none-match']
  if (given === undefined) return false
  return (
    given.trim() === '*' ||
    given.split(',').some((item) => item.trim().replace(/^W\//, '') === etag.replace(/^W\//, ''))
  )
}
