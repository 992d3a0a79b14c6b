import type { Response } from 'express'
import { isAppError } from '../errors.ts'
import type { AppError, ErrorKind } from '../errors.ts'
import type { TraceRecord } from '../telemetry/context.ts'
import { isoNow } from '../telemetry/time.ts'

const STATUS_OF_KIND: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-many': 429,
  unavailable: 503,
}

/** Where HTTP tells apart what is one kind to the rest of the platform. */
const STATUS_OF_CODE: Record<string, number> = {
  'method-not-allowed': 405,
  'payload-too-large': 413,
  'unsupported-media-type': 415,
  'idempotency-key-reused': 422,
  'upgrade-required': 426,
  'upstream-timeout': 504,
}

const JSON_TYPE = 'application/json; charset=utf-8'

/** The status of a fault; anything that is no `AppError` is a 500. */
export const statusOf = (error: unknown): number =>
  isAppError(error) ? (STATUS_OF_CODE[error.code] ?? STATUS_OF_KIND[error.kind]) : 500

/**
 * The kind that a status of another service stands for, so that its refusal can be passed on as our own. A 4xx of no
 * kind is `invalid`, told apart by its code.
 */
export const kindOfStatus = (status: number): ErrorKind | undefined =>
  (Object.keys(STATUS_OF_KIND) as ErrorKind[]).find((kind) => STATUS_OF_KIND[kind] === status) ??
  (status >= 400 && status < 500 ? 'invalid' : undefined)

/** `user.not-found` → `USER_NOT_FOUND`. */
export const publicCode = (code: string): string => code.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase()

/** The JSON text of a success; `json` is the serialised `data`. */
export const successBody = (status: number, json: string | undefined, message: string | undefined): string =>
  `{"status":${status}${json === undefined ? '' : `,"data":${json}`}` +
  `${message === undefined ? '' : `,"message":${JSON.stringify(message)}`},"timestamp":"${isoNow()}"}`

/** Which part is away is for logs, traces and error events; clients learn that something is. */
const codeOf = (error: AppError | undefined): string => {
  if (!error) return 'internal-server-error'
  return statusOf(error) === 503 ? 'service-unavailable' : error.code
}

const errorBody = (error: AppError | undefined, status: number, record: TraceRecord | undefined) => {
  const message = error?.message ?? 'internal server error'
  return {
    status,
    message,
    error: message,
    code: publicCode(codeOf(error)),
    timestamp: isoNow(),
    ...(record && { correlation_id: record.correlationId, trace_id: record.traceId }),
    ...(error?.details && { details: error.details }),
  }
}

/** Ends the response with a body that is complete. */
export const sendText = (res: Response, status: number, body: string): void => {
  res.statusCode = status
  res.setHeader('Content-Type', JSON_TYPE)
  const bytes = Buffer.byteLength(body)
  res.setHeader('Content-Length', bytes)
  // Text of ASCII alone is the same bytes in both encodings, and this one is written without looking at each.
  res.end(body, bytes === body.length ? 'latin1' : 'utf8')
}

/** Ends the response with the error envelope. Nothing but the fault's own text leaves the process. */
export const sendError = (res: Response, error: unknown, record: TraceRecord | undefined): void => {
  const status = statusOf(error)
  const known = isAppError(error) ? error : undefined
  if (known?.retryAfterSeconds !== undefined) res.setHeader('Retry-After', Math.ceil(known.retryAfterSeconds))
  sendText(res, status, JSON.stringify(errorBody(known, status, record)))
}
