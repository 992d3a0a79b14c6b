import compression from 'compression'
import { json } from 'express'
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express'
import type { z } from 'zod'
import { API_PREFIX } from '../contracts/http/define.ts'
import type { Operation } from '../contracts/http/define.ts'
import type { Faults } from '../faults/faults.ts'
import { faultyRoute } from '../faults/http.ts'
import { setUser } from '../telemetry/context.ts'
import type { IdempotencyStore } from '../postgres/idempotency.ts'
import { Reply } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Authenticator, Identity } from './auth.ts'
import { sendText, successBody } from './envelope.ts'
import { etagOf, notModified } from './etag.ts'
import { invalidInput, methodNotAllowed, unsupportedMediaType } from './faults.ts'
import { bearerOf } from './auth.ts'
import { answerOnce } from './idempotency.ts'
import { namedRoute } from './scope.ts'
import type { ServiceTokens } from './service-token.ts'
import { validate, validateBody } from './validate.ts'

const INTERNAL_PREFIX = '/internal/'
const BODY_LIMIT = '1mb'
const COMPRESS_FROM_BYTES = 1_024

type Part<O, K extends 'params' | 'query' | 'body'> = O extends { readonly [P in K]: infer S extends z.ZodType }
  ? z.output<S>
  : undefined

/** What a handler gets: the checked parts of the request and who it is from. */
export type InputOf<O extends Operation> = {
  readonly params: Part<O, 'params'>
  readonly query: Part<O, 'query'>
  readonly body: Part<O, 'body'>
  readonly user: O['auth'] extends 'user' ? Identity : Identity | undefined
  readonly req: Request
}

type Handler = (input: InputOf<Operation>) => Promise<Answer>

export type BoundRoute = { readonly operation: Operation; readonly handle: Handler }

/** Joins an API's operations with their handlers; a missing or superfluous handler does not compile. */
export const bind = <A extends Record<string, Operation>>(
  api: A,
  handlers: { readonly [K in keyof A]: (input: InputOf<A[K]>) => Promise<Answer> },
): BoundRoute[] =>
  Object.entries(api).map(([id, operation]) => ({ operation, handle: handlers[id] as unknown as Handler }))

export type RouterPorts = {
  readonly authenticator: Authenticator
  readonly serviceTokens?: ServiceTokens | undefined
  /** Without it `Idempotency-Key` is ignored. */
  readonly idempotency?: IdempotencyStore | undefined
  /** Hit each route before its own steps; without them there is no such step. */
  readonly faults?: Faults | undefined
}

const parseJson = json({ limit: BODY_LIMIT, strict: false })
const compress = compression({ threshold: COMPRESS_FROM_BYTES })

/** Who takes no compressed answer pays nothing for others who do; caches still learn that there are both. */
const compressIfTaken: RequestHandler = (req, res, next) => {
  if (req.headers['accept-encoding'] === undefined) {
    res.vary('Accept-Encoding')
    next()
  } else compress(req, res, next)
}

/** A body of no bytes is no body: Express's parser would make an empty object of it, which nobody has sent. */
const readJson: RequestHandler = (req, res, next) => {
  const hasBody = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0
  if (!hasBody) return next()
  if (!req.is('application/json')) return next(unsupportedMediaType())
  parseJson(req, res, next)
}

const authentication = (operation: Operation, ports: RouterPorts): RequestHandler | undefined => {
  const { authenticator, serviceTokens } = ports
  const identify = async (req: Request): Promise<void> => {
    const identity = await authenticator.authenticate(req.headers.authorization)
    setUser(identity.userId)
    identities.set(req, identity)
  }
  switch (operation.auth) {
    case 'none':
      return undefined
    case 'user':
      return async (req, _res, next) => {
        await identify(req)
        next()
      }
    case 'optional':
      return async (req, _res, next) => {
        if (req.headers.authorization !== undefined) await identify(req).catch(() => {})
        next()
      }
    case 'service':
      return async (req, _res, next) => {
        if (!serviceTokens) throw new Error(`${operation.id} needs service tokens`)
        await serviceTokens.verify(bearerOf(req.headers.authorization))
        next()
      }
  }
}

const identities = new WeakMap<Request, Identity>()

const optionsOf = (answer: Answer): Reply['options'] => (answer instanceof Reply ? answer.options : { data: answer })

const textOf = (operation: Operation, reply: Reply['options']): { readonly status: number; readonly body: string } => {
  const status = reply.status ?? operation.success.status
  const data = reply.json ?? (reply.data === undefined ? undefined : JSON.stringify(reply.data))
  return { status, body: successBody(status, data, reply.message ?? operation.success.message) }
}

const end = (res: Response, status: 204 | 304): void => {
  res.statusCode = status
  res.end()
}

const send = (operation: Operation, req: Request, res: Response, answer: Answer): void => {
  const reply = optionsOf(answer)
  for (const [name, value] of Object.entries(reply.headers ?? {})) res.setHeader(name, value)
  if ((reply.status ?? operation.success.status) === 204) return end(res, 204)
  if (operation.etag) {
    const etag = reply.etag ?? etagOf(reply.json ?? JSON.stringify(reply.data))
    res.setHeader('ETag', etag)
    if (notModified(req, etag)) return end(res, 304)
  }
  const { status, body } = textOf(operation, reply)
  sendText(res, status, body)
}

const inputOf = (operation: Operation, req: Request): InputOf<Operation> => {
  if (operation.body && req.body === undefined) throw invalidInput()
  return {
    params: operation.params && validate(operation.params, req.params, operation),
    query: operation.query && validate(operation.query, req.query, operation),
    body: operation.body && validateBody(operation.body, req.body, operation),
    user: identities.get(req),
    req,
  } as InputOf<Operation>
}

/** Every route pays only for what its operation needs: authentication, a body, compression, idempotency. */
const stepsOf = ({ operation, handle }: BoundRoute, ports: RouterPorts): RequestHandler[] => {
  const { idempotency: store } = ports
  const run: RequestHandler = async (req, res) => send(operation, req, res, await handle(inputOf(operation, req)))
  const runOnce =
    (keys: IdempotencyStore): RequestHandler =>
    async (req, res) =>
      answerOnce(req, res, {
        store: keys,
        operation,
        user: identities.get(req),
        work: async () => textOf(operation, optionsOf(await handle(inputOf(operation, req)))),
      })
  const authenticate = authentication(operation, ports)
  return [
    ...(authenticate ? [authenticate] : []),
    ...(operation.body ? [readJson] : []),
    ...(operation.compress ? [compressIfTaken] : []),
    operation.idempotent && store ? runOnce(store) : run,
  ]
}

/** Full path templates of an operation: public ones below the API prefix, internal ones as they are. */
export const pathsOf = (operation: Operation): string[] =>
  operation.paths.map((path) => (path.startsWith(INTERNAL_PREFIX) ? path : `${API_PREFIX}${path}`))

/** Puts routes into an app: each operation under its methods and paths, then 405 with `Allow` for other methods. */
export const mount = (
  app: Express,
  operations: readonly { readonly operation: Operation; readonly steps: readonly RequestHandler[] }[],
  faults?: Faults,
): void => {
  const before = faults ? [faultyRoute(faults)] : []
  const allowed = new Map<string, Set<string>>()
  for (const { operation, steps } of operations) {
    for (const path of pathsOf(operation)) {
      for (const method of operation.methods) {
        app[method](path, namedRoute(path), ...before, ...steps)
        allowed.set(path, (allowed.get(path) ?? new Set()).add(method.toUpperCase()))
      }
    }
  }
  for (const [path, methods] of allowed) app.all(path, namedRoute(path), refuseMethod([...methods]))
}

const refuseMethod = (methods: readonly string[]): RequestHandler => {
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
  return (req: Request, res: Response, next: NextFunction) => {
    res.setHeader('Allow', allow)
    if (req.method !== 'OPTIONS') return next(methodNotAllowed())
    res.statusCode = 204
    res.end()
  }
}

/** Mounts bound routes with the steps that their operations ask for. */
export const mountRoutes = (app: Express, routes: readonly BoundRoute[], ports: RouterPorts): void =>
  mount(
    app,
    routes.map((route) => ({ operation: route.operation, steps: stepsOf(route, ports) })),
    ports.faults,
  )
