import type { z } from 'zod'

export type ServiceName = 'users' | 'auth' | 'posts' | 'relations' | 'notifications'
export type Method = 'get' | 'post' | 'put' | 'delete'

/** A refusal that belongs to an operation: its status and its exact text. */
export type Refusal = { readonly status: 400 | 401 | 403 | 404 | 409 | 422 | 426 | 429 | 503; readonly message: string }

/**
 * One operation of the public API. The same value routes and validates in the service, routes and limits in the
 * gateway, and becomes the OpenAPI document, so the three can't differ.
 */
export type Operation = {
  readonly id: string
  readonly service: ServiceName
  /** Several methods where the contract takes them as one, such as POST and PUT /auth/update-password. */
  readonly methods: readonly Method[]
  /** Express templates below `/api/v1`; the first is the canonical one, the others mean the same. */
  readonly paths: readonly string[]
  readonly tag: string
  readonly summary: string
  /** `service`: a token of another service, for internal routes. `user`: a valid access token or 401. `optional`: a valid one is used, any other is ignored. */
  readonly auth: 'none' | 'optional' | 'user' | 'service'
  /** The class of rate limit at the gateway. */
  readonly limit: 'read' | 'write' | 'credentials' | 'send'
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  /** Header fields of its own, for the document. */
  readonly headers?: z.ZodType
  readonly body?: z.ZodType
  readonly success: {
    readonly status: 101 | 200 | 201 | 204
    readonly data?: z.ZodType
    readonly message?: string
    /** Instead of the envelope: parts of the kind of `data`, for as long as the client listens. */
    readonly stream?: true
  }
  readonly refusals: readonly Refusal[]
  /** What a broken rule of the input is called here, in place of `validation failed`. */
  readonly invalid?: { readonly code: string; readonly message: string }
  /** Takes `Idempotency-Key`. */
  readonly idempotent?: true
  /** One resource: answers with an ETag and honours If-None-Match. */
  readonly etag?: true
  /** May answer with more than a kilobyte: compressed when the client takes it. */
  readonly compress?: true
}

/** Gives an operation its exact type, so that what a handler gets and a client receives follow from it. */
export const operation = <const O extends Operation>(definition: O): O => definition

export const API_PREFIX = '/api/v1'
