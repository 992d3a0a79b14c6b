/** The kinds of fault the platform tells apart; `http/envelope.ts` maps them to statuses, consumers to retry or dead letter. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-many'
  | 'unavailable'

/** One violated rule of an input; `path` is dotted, such as `media_items.0.url`. */
export type ErrorDetail = { readonly path: string; readonly message: string }

type AppErrorOptions = {
  readonly details?: readonly ErrorDetail[]
  readonly cause?: unknown
  readonly retryAfterSeconds?: number
}

/**
 * A fault with a meaning for the caller. `code` is stable and dotted (`user.not-found`), `message` may be shown to
 * anybody, `cause` never leaves the process.
 */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly kind: ErrorKind
  readonly code: string
  readonly details: readonly ErrorDetail[] | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(kind: ErrorKind, code: string, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.kind = kind
    this.code = code
    this.details = options.details
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** True for an `AppError`, whatever copy of this module made it. */
export const isAppError = (value: unknown): value is AppError => value instanceof AppError

/** The fault of something that is away or too slow: 503 to a client, a retry to a consumer. */
export const unavailable = (code: string, cause?: unknown, retryAfterSeconds = 1): AppError =>
  new AppError('unavailable', code, 'service unavailable', { cause, retryAfterSeconds })
