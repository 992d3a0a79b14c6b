// Every repetition is bounded or follows a fixed character, so that a long hostile text costs no more than its length.
const EMAIL = /[^\s@"'()<>=,:;/\\]{1,64}@[^\s@"'()<>=,:;/\\]{1,255}\.[^\s@"'()<>=,:;/\\]+/g
const JWT = /eyJ[\w-]{1,512}\.[\w-]{1,8192}\.[\w-]*/g
const BEARER = /\bBearer\s+\S+/gi
const URL_PASSWORD = /(\w{1,32}:\/\/[^:@/\s]{0,256}):[^@/\s]{1,1024}@/g

/** Takes e-mail addresses, tokens and passwords in URLs out of free text: error messages, stacks, span status. */
export const scrub = (text: string): string =>
  text
    .replace(URL_PASSWORD, '$1:[redacted]@')
    .replace(JWT, '[redacted]')
    .replace(BEARER, 'Bearer [redacted]')
    .replace(EMAIL, '[redacted]')

const SENSITIVE = /password|token|authorization|cookie|secret|email/i
const MAX_DEPTH = 6

/**
 * A copy of `value` without the fields whose name says that they are nobody's business, and with addresses and tokens
 * masked in its texts. It can always be serialised: what lies deeper than six levels, so any cycle too, is cut off.
 */
export const redact = (value: unknown, depth = 0): unknown => {
  if (typeof value === 'string') return scrub(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (depth > MAX_DEPTH) return '[too deep]'
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !SENSITIVE.test(key))
      .map(([key, item]) => [key, redact(item, depth + 1)]),
  )
}

/** `path` with any segment that holds an e-mail address masked; the query never belongs to a path. */
export const safePath = (path: string): string =>
  path.includes('@') || path.includes('%40')
    ? path
        .split('/')
        .map((segment) => (/@|%40/i.test(segment) ? '[redacted]' : segment))
        .join('/')
    : path
