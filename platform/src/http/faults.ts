import { AppError } from '../errors.ts'
import type { ErrorDetail } from '../errors.ts'

/*
 * The faults that HTTP itself knows, with the exact texts of the public contract. `envelope.ts` gives those whose
 * status is not that of their kind another one, by their code.
 */
export const invalidInput = (cause?: unknown): AppError =>
  new AppError('invalid', 'invalid-input', 'invalid input', { cause })

export const validationFailed = (details: readonly ErrorDetail[]): AppError =>
  new AppError('invalid', 'validation-failed', 'validation failed', { details })

export const unauthenticated = (): AppError => new AppError('unauthenticated', 'unauthenticated', 'unauthenticated')
export const invalidToken = (): AppError => new AppError('unauthenticated', 'invalid-token', 'invalid token')
export const tokenExpired = (): AppError => new AppError('unauthenticated', 'token-expired', 'token expired')

export const routeNotFound = (): AppError => new AppError('not-found', 'not-found', 'not found')
export const methodNotAllowed = (): AppError => new AppError('invalid', 'method-not-allowed', 'method not allowed')
export const upgradeRequired = (): AppError => new AppError('invalid', 'upgrade-required', 'upgrade required')
export const payloadTooLarge = (): AppError => new AppError('invalid', 'payload-too-large', 'payload too large')
export const unsupportedMediaType = (): AppError =>
  new AppError('invalid', 'unsupported-media-type', 'unsupported media type')
export const idempotencyKeyReused = (): AppError =>
  new AppError('invalid', 'idempotency-key-reused', 'idempotency key reused')
export const upstreamTimeout = (cause?: unknown): AppError =>
  new AppError('unavailable', 'upstream-timeout', 'upstream timeout', { cause })
export const tooManyRequests = (retryAfterSeconds: number): AppError =>
  new AppError('too-many', 'rate-limited', 'too many requests', { retryAfterSeconds })
