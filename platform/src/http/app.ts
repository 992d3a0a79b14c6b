import express from 'express'
import type { ErrorRequestHandler, Express, RequestHandler } from 'express'
import { isAppError } from '../errors.ts'
import { captureError } from '../telemetry/capture.ts'
import { sendError, statusOf } from './envelope.ts'
import { invalidInput, payloadTooLarge, routeNotFound, unsupportedMediaType } from './faults.ts'
import { shedLoad } from './load-shed.ts'
import { mountRoutes } from './router.ts'
import type { BoundRoute, RouterPorts } from './router.ts'
import { requestScope, scopeOf } from './scope.ts'

export const MAX_IN_FLIGHT = 1_000

/** What Express's own parsers throw, in the words of the contract. */
const translated = (error: unknown): unknown => {
  if (isAppError(error)) return error
  const { type, status } = error as { type?: string; status?: number }
  if (type === 'entity.too.large') return payloadTooLarge()
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') return unsupportedMediaType()
  return status === 400 || error instanceof URIError ? invalidInput(error) : error
}

const answerError: ErrorRequestHandler = (thrown: unknown, req, res, next) => {
  const error = translated(thrown)
  const scope = scopeOf(req)
  if (statusOf(error) >= 500) {
    if (scope) scope.error = error
    captureError(error, { route: scope?.route ?? '' }, scope?.frame)
  }
  if (res.headersSent) return next(error)
  sendError(res, error, scope?.record)
}

const refuseUnknown: RequestHandler = (_req, _res, next) => next(routeNotFound())

/** An Express app with what every service puts in front of its routes. */
export const openApp = (): Express => {
  const app = express()
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple')
  app.use(requestScope, shedLoad({ maxInFlight: MAX_IN_FLIGHT }))
  return app
}

/** Puts behind the routes what every service has there: 404, then the error envelope. */
export const closeApp = (app: Express): Express => app.use(refuseUnknown).use(answerError)

type AppOptions = RouterPorts & {
  readonly routes: readonly BoundRoute[]
  /** Adds routes that are no part of the API, such as a document in a form that others prescribe. */
  readonly beside?: (app: Express) => void
}

/** A service's HTTP side: scope, load shedding, routes, 404 and 405, error envelope. */
export const createApp = (options: AppOptions): Express => {
  const app = openApp().set('trust proxy', ['loopback', 'linklocal', 'uniquelocal'])
  options.beside?.(app)
  mountRoutes(app, options.routes, options)
  return closeApp(app)
}
