import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { trace } from '@opentelemetry/api'
import { runInFrame, TraceRecord } from '../telemetry/context.ts'
import type { Frame } from '../telemetry/context.ts'
import { gauge, histogram } from '../telemetry/metrics.ts'
import { errorFields, writeLine } from '../telemetry/log.ts'
import { safePath } from '../telemetry/scrub.ts'
import { telemetry } from '../telemetry/settings.ts'
import { now } from '../telemetry/time.ts'
import { tracing } from '../telemetry/trace-pipeline.ts'
import { statusOf } from './envelope.ts'

const SCOPE = Symbol('pharos.request-scope')
const METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'])
const UNMATCHED = '(unmatched)'
const CLIENT_CLOSED = 499

/** What the kit knows of the request that is being answered. */
export type RequestScope = {
  readonly record: TraceRecord
  readonly frame: Frame
  /** The route's template, once it is known. */
  route: string
  /** The fault behind a 5xx answer. */
  error: unknown
}

const duration = histogram({
  name: 'http_server_request_duration_seconds',
  help: 'Duration of HTTP requests',
  labels: ['method', 'route', 'status_code'],
})
let inFlight = 0
gauge({
  name: 'http_server_active_requests',
  help: 'HTTP requests being answered',
  collect: (set) => set({}, inFlight),
})

/** Requests being answered in this process. */
export const requestsInFlight = (): number => inFlight

/** The scope of a request, from any place that has the request, also where the async context was lost. */
export const scopeOf = (req: Request): RequestScope | undefined => (req as Request & { [SCOPE]?: RequestScope })[SCOPE]

const header = (req: Request, name: string): string | undefined => {
  const value = req.headers[name]
  return typeof value === 'string' ? value : undefined
}

const automaticOrigin = (): string | undefined => {
  const span = trace.getActiveSpan()?.spanContext()
  return span && `00-${span.traceId}-${span.spanId}-0${span.traceFlags & 1}`
}

const openScope = (req: Request): RequestScope => {
  const record = new TraceRecord(
    'server',
    {
      traceparent: tracing.automatic ? automaticOrigin() : header(req, 'traceparent'),
      correlationId: header(req, 'x-correlation-id') ?? header(req, 'x-request-id'),
    },
    req.method,
    {},
  )
  const frame = { record, spanId: record.root.spanId }
  return { record, frame, route: UNMATCHED, error: undefined }
}

const logRequest = (scope: RequestScope, method: string, path: string, status: number, endedAt: number): void => {
  if (!telemetry.logs) return
  const level = status >= 500 ? 'error' : 'info'
  const nanoseconds = Math.round((endedAt - scope.record.root.startedAt) * 1e6)
  const fault = scope.error === undefined ? '' : `,${JSON.stringify(errorFields(scope.error)).slice(1, -1)}`
  writeLine(
    level,
    `${method} ${scope.route} ${status}`,
    `,"event.action":"http.request","http.request.method":"${method}","url.path":${JSON.stringify(path)},` +
      `"http.route":${JSON.stringify(scope.route)},"http.response.status_code":${status},` +
      `"event.duration":${nanoseconds}${fault}`,
    scope.frame,
  )
}

/** An answer that did not end was given up by the client, unless a fault of ours is known. */
const brokenOffStatus = ({ error }: RequestScope): number => (error === undefined ? CLIENT_CLOSED : statusOf(error))

const closeScope = (scope: RequestScope, req: Request, res: Response): void => {
  inFlight -= 1
  const endedAt = now()
  const { record, route } = scope
  const method = METHODS.has(req.method) ? req.method : '_OTHER'
  const status = res.writableFinished ? res.statusCode : brokenOffStatus(scope)
  const { originalUrl } = req
  const query = originalUrl.indexOf('?')
  const path = safePath(query === -1 ? originalUrl : originalUrl.slice(0, query))
  const seconds = (endedAt - record.root.startedAt) / 1_000
  duration.observe({ method, route, status_code: status }, seconds, scope.frame)
  logRequest(scope, method, path, status, endedAt)
  if (!tracing.notes) return
  const { attributes } = record.root
  record.root.name = route === UNMATCHED ? method : `${method} ${route}`
  attributes['http.request.method'] = method
  attributes['url.path'] = path
  attributes['http.response.status_code'] = status
  if (route !== UNMATCHED) attributes['http.route'] = route
  record.failed = status >= 500
  record.close(endedAt, status >= 500 ? (scope.error ?? `HTTP ${status}`) : undefined)
}

/**
 * The one middleware in front of everything: correlation id, async context, server span, latency, log line. Together,
 * because each part needs what the others know, and each wrapper of its own would be paid by every request.
 */
export const requestScope: RequestHandler = (req: Request, res: Response, next: NextFunction): void => {
  const scope = openScope(req)
  ;(req as Request & { [SCOPE]?: RequestScope })[SCOPE] = scope
  inFlight += 1
  res.setHeader('X-Correlation-ID', scope.record.correlationId)
  res.once('close', () => closeScope(scope, req, res))
  runInFrame(scope.frame, next)
}

/** Names the route of a request by its template, for spans, metrics and log lines. */
export const namedRoute =
  (route: string): RequestHandler =>
  (req, _res, next) => {
    const scope = scopeOf(req)
    if (scope) scope.route = route
    next()
  }
