import { tooManyRequests } from '@pharos/platform/http/faults'
import type { Decision, LimitPolicy, RateLimiter } from '@pharos/platform/http/rate-limit'
import type { Operation } from '@pharos/platform/contracts/http/define'
import type { Identity } from '@pharos/platform/http/auth'
import type { Request, Response } from 'express'
import { clientAddress } from './client-address.ts'

const MINUTE = 60

/** Generous for reads; strict, and the same for all replicas at once, where guessing or spamming is the danger. */
export const policies: Record<Operation['limit'], LimitPolicy> = {
  read: { limit: 300, windowSeconds: MINUTE, strict: false },
  write: { limit: 120, windowSeconds: MINUTE, strict: false },
  credentials: { limit: 10, windowSeconds: MINUTE, strict: true },
  send: { limit: 30, windowSeconds: MINUTE, strict: true },
}

/** Callers are limited by account where they are signed in; credentials always by address, which a thief can't change. */
const callerOf = (operation: Operation, req: Request, identity: Identity | undefined): string =>
  identity && operation.limit !== 'credentials' ? `user:${identity.userId}` : `ip:${clientAddress(req)}`

/** Counts the request. `req` is one of an Express app, or an upgrade that its server has received. */
export const countRequest = (
  limiter: RateLimiter,
  operation: Operation,
  req: Request,
  identity: Identity | undefined,
): Promise<Decision> | Decision => limiter.check(operation.limit, callerOf(operation, req, identity))

/**
 * Counts the request and writes the RateLimit fields (draft-ietf-httpapi-ratelimit-headers-06).
 * @throws AppError 429 with Retry-After
 */
export const enforceLimit = async (
  limiter: RateLimiter,
  operation: Operation,
  req: Request,
  res: Response,
  identity: Identity | undefined,
): Promise<void> => {
  const counted = countRequest(limiter, operation, req, identity)
  const decision = counted instanceof Promise ? await counted : counted
  res.setHeader('RateLimit-Limit', decision.limit)
  res.setHeader('RateLimit-Remaining', decision.remaining)
  res.setHeader('RateLimit-Reset', decision.resetSeconds)
  if (!decision.allowed) throw tooManyRequests(decision.resetSeconds)
}
