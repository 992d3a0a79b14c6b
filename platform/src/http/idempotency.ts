import type { Request, Response } from 'express'
import type { Operation } from '../contracts/http/define.ts'
import { AppError } from '../errors.ts'
import type { IdempotencyStore, StoredAnswer } from '../postgres/idempotency.ts'
import type { Identity } from './auth.ts'
import { sendText } from './envelope.ts'
import { idempotencyKeyReused, invalidInput, validationFailed } from './faults.ts'

const KEY = /^[\x21-\x7e]{1,255}$/
const ANYBODY = 'anonymous'

const keyOf = (req: Request): string | undefined => {
  const key = req.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && KEY.test(key)) return key
  throw validationFailed([{ path: 'Idempotency-Key', message: 'must be 1 to 255 printable ASCII characters' }])
}

/** @throws AppError `invalid input` for a body that is nested beyond what can be written again */
const textOf = (body: unknown): string => {
  try {
    return JSON.stringify(body) ?? ''
  } catch (error) {
    throw invalidInput(error)
  }
}

const stillRunning = (): AppError =>
  new AppError('conflict', 'idempotency-key-in-use', 'a request with this idempotency key is still running', {
    retryAfterSeconds: 1,
  })

type Once = {
  readonly store: IdempotencyStore
  readonly operation: Operation
  readonly user: Identity | undefined
  readonly work: () => Promise<StoredAnswer>
}

/**
 * Answers a request that may carry an `Idempotency-Key`: the first answer, again and again for 24 hours, marked by
 * `Idempotency-Replayed`. Refusals are not kept, they are found anew.
 * @throws AppError 422 when the key came with another body before, 409 while the first request is still running
 */
export const answerOnce = async (
  req: Request,
  res: Response,
  { store, operation, user, work }: Once,
): Promise<void> => {
  const key = keyOf(req)
  if (key === undefined) {
    const { status, body } = await work()
    return sendText(res, status, body)
  }
  const scope = `${user?.userId ?? ANYBODY}:${operation.id}`
  const outcome = await store.run({ scope, key, body: textOf(req.body) }, work)
  if (outcome.kind === 'mismatch') throw idempotencyKeyReused()
  if (outcome.kind === 'busy') throw stillRunning()
  if (outcome.kind === 'replayed') res.setHeader('Idempotency-Replayed', 'true')
  sendText(res, outcome.answer.status, outcome.answer.body)
}
