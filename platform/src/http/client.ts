import { setTimeout as pause } from 'node:timers/promises'
import type { z } from 'zod'
import type { Operation } from '../contracts/http/define.ts'
import { AppError, isAppError, unavailable } from '../errors.ts'
import { activeCorrelationId, activeFrame } from '../telemetry/context.ts'
import { kindOfStatus } from './envelope.ts'
import { pathsOf } from './router.ts'
import type { ServiceTokens } from './service-token.ts'
import { createUpstream } from './upstream.ts'
import type { Upstream } from './upstream.ts'

const TIMEOUT_MS = 2_000
const RETRY_PAUSE_MS = 50

type Parts = {
  readonly params?: Readonly<Record<string, string | number>>
  readonly query?: Readonly<Record<string, string | number>>
  readonly body?: unknown
  readonly idempotencyKey?: string
  /** An access token to pass on, for operations of a user; without one the service speaks for itself. */
  readonly bearer?: string
}

type DataOf<O> = O extends { readonly success: { readonly data: infer S extends z.ZodType } } ? z.output<S> : undefined

/** Calls operations of another service, typed by the operation itself. */
export type ServiceClient = AsyncDisposable & {
  /**
   * @throws AppError the peer's own refusal (4xx) with its kind, code and text; `unavailable` when it can't be had
   * within 2 s or its circuit is open
   */
  call<O extends Operation>(operation: O, parts?: Parts): Promise<DataOf<O>>
}

type Envelope = { readonly data?: unknown; readonly message?: string; readonly code?: string }

const pathOf = (template: string, { params = {}, query }: Parts): string => {
  const path = template.replace(/:(\w+)/g, (_all, name: string) => encodeURIComponent(String(params[name])))
  if (!query) return path
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) search.set(key, String(value))
  return `${path}?${search.toString()}`
}

/**
 * A 401 refuses this service and not whom it works for: their secrets differ, which is a fault to mend and no answer. But
 * it is one where a bearer's own token was passed on.
 */
const refusalOf = (status: number, { code = '', message = '' }: Envelope, parts: Parts): AppError | undefined => {
  const isAnswer = status < 500 && (status !== 401 || parts.bearer !== undefined)
  const kind = isAnswer ? kindOfStatus(status) : undefined
  return kind && new AppError(kind, code.toLowerCase().replaceAll('_', '-'), message)
}

/** Retries only what may safely run twice: reads, and writes that carry an idempotency key. */
const isRepeatable = (method: string, parts: Parts): boolean => method !== 'post' || parts.idempotencyKey !== undefined

export const createServiceClient = (options: {
  readonly peer: string
  /** An address, or a peer that is used otherwise too: then both share its connections and its circuit. */
  readonly to: string | Upstream
  /** Not needed by who only passes on access tokens. */
  readonly tokens?: ServiceTokens
  readonly timeoutMs?: number
}): ServiceClient => {
  const { peer, to, tokens, timeoutMs = TIMEOUT_MS } = options
  const upstream = typeof to === 'string' ? createUpstream({ peer, baseUrl: to }) : to
  const ownToken = (): Promise<string> => {
    if (!tokens) throw new Error(`calls to ${peer} need service tokens or a bearer's`)
    return tokens.for(peer)
  }

  const attempt = async <O extends Operation>(
    operation: O,
    parts: Parts,
    deadline: AbortSignal,
  ): Promise<DataOf<O>> => {
    const method = (operation.methods[0] as string).toUpperCase()
    const route = pathsOf(operation)[0] as string
    const call = upstream.begin(activeFrame(), method, route)
    try {
      const response = await upstream.pool.request({
        method,
        path: pathOf(route, parts),
        signal: deadline,
        headers: {
          authorization: `Bearer ${parts.bearer ?? (await ownToken())}`,
          'x-correlation-id': activeCorrelationId(),
          traceparent: call.traceparent,
          'idempotency-key': parts.idempotencyKey,
          ...(parts.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(parts.body === undefined ? {} : { body: JSON.stringify(parts.body) }),
      })
      const text = await response.body.text()
      call.succeed(response.statusCode)
      const envelope = (text === '' ? {} : JSON.parse(text)) as Envelope
      if (response.statusCode < 300) return operation.success.data?.parse(envelope.data) as DataOf<O>
      throw refusalOf(response.statusCode, envelope, parts) ?? new Error(`${peer} answered ${response.statusCode}`)
    } catch (error) {
      if (!isAppError(error)) call.fail(error)
      throw error
    }
  }

  return {
    async call(operation, parts = {}) {
      const deadline = AbortSignal.timeout(timeoutMs)
      const guarded = async (): Promise<{ data: DataOf<typeof operation> } | { refusal: AppError }> =>
        attempt(operation, parts, deadline).then(
          (data) => ({ data }),
          (error: unknown) => {
            if (isAppError(error)) return { refusal: error }
            throw error
          },
        )
      const tryOnce = () => upstream.guard(guarded)
      const outcome = await tryOnce()
        .catch(async (error: unknown) => {
          if (deadline.aborted || !isRepeatable(operation.methods[0] as string, parts) || !upstream.mayRetry(error))
            throw error
          await pause(Math.random() * RETRY_PAUSE_MS)
          return tryOnce()
        })
        .catch((error: unknown) => {
          throw unavailable(`${peer}.unavailable`, error)
        })
      if ('refusal' in outcome) throw outcome.refusal
      return outcome.data
    },
    [Symbol.asyncDispose]: async () => {
      if (typeof to === 'string') await upstream[Symbol.asyncDispose]()
    },
  }
}
