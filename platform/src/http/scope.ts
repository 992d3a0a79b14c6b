import type { NextFunction, Request, RequestHandler, Response } from 'express'
import type { IncomingMessage } from 'node:http'
import { trace } from '@opentelemetry/api'
import { oncePerKey } from '../runtime/once-per-key.ts'
import { runInFrame, TraceRecord } from '../telemetry/context.ts'
import type { Frame } from '../telemetry/context.ts'
import { gauge, histogram, LATENCY_BUCKETS } from '../telemetry/metrics.ts'
import { errorFields, writeLine } from '../telemetry/log.ts'
import { safePath } from '../telemetry/scrub.ts'
import { telemetry } from '../telemetry/settings.ts'
import { SpanShape } from '../telemetry/span-shape.ts'
import { now } from '../telemetry/time.ts'
import { tracing } from '../telemetry/trace-pipeline.ts'
import { statusOf } from './envelope.ts'

const SCOPE = Symbol('pharos.request-scope')
const METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'])
const UNMATCHED = '(unmatched)'
const CLIENT_CLOSED = 499
const ARRIVED = new SpanShape('request', 'server')

/** What the kit knows of the request that is being answered. */
export type RequestScope = {
  readonly record: TraceRecord
  readonly frame: Frame
  /** The route's template, once it is known. */
  route: string
  /** The fault behind a 5xx answer. */
  error: unknown
  closed: boolean
}

/** The objectives of writes and of credentials: only a bound of a bucket can be counted against (observability/prometheus/slo.yaml). */
const OBJECTIVES = [0.3, 0.8]

const duration = histogram({
  name: 'http_server_request_duration_seconds',
  help: 'Duration of HTTP requests',
  labels: ['method', 'route', 'status_code'],
  buckets: [...LATENCY_BUCKETS, ...OBJECTIVES].toSorted((a, b) => a - b),
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

const header = (req: IncomingMessage, name: string): string | undefined => {
  const value = req.headers[name]
  return typeof value === 'string' ? value : undefined
}

const automaticOrigin = (): string | undefined => {
  const span = trace.getActiveSpan()?.spanContext()
  return span && `00-${span.traceId}-${span.spanId}-0${span.traceFlags & 1}`
}

const openScope = (req: IncomingMessage): RequestScope => {
  inFlight += 1
  const record = new TraceRecord(ARRIVED, {
    traceparent: tracing.automatic ? automaticOrigin() : header(req, 'traceparent'),
    correlationId: header(req, 'x-correlation-id') ?? header(req, 'x-request-id'),
  })
  const frame = { record, spanId: record.root.spanId }
  return { record, frame, route: UNMATCHED, error: undefined, closed: false }
}

/** What all requests of one route, method and status share. */
const describeOutcome = (route: string, method: string, status: number) => {
  const isKnown = route !== UNMATCHED
  const attributes = { 'http.request.method': method, 'http.response.status_code': status }
  const line = { 'event.action': 'http.request', ...attributes, 'http.route': route }
  return {
    level: status >= 500 ? ('error' as const) : ('info' as const),
    message: JSON.stringify(`${method} ${route} ${status}`),
    line: JSON.stringify(line).slice(1, -1),
    duration: duration.of({ method, route, status_code: status }),
    shape: new SpanShape(isKnown ? `${method} ${route}` : method, 'server', {
      ...attributes,
      ...(isKnown && { 'http.route': route }),
    }),
  }
}

type Outcome = ReturnType<typeof describeOutcome>

const outcomesOf = oncePerKey((route: string) =>
  oncePerKey((method: string) => oncePerKey((status: number) => describeOutcome(route, method, status))),
)

const logRequest = (scope: RequestScope, outcome: Outcome, path: string, endedAt: number): void => {
  if (!telemetry.logs) return
  const nanoseconds = Math.round((endedAt - scope.record.root.startedAt) * 1e6)
  const fault = scope.error === undefined ? '' : `,${JSON.stringify(errorFields(scope.error)).slice(1, -1)}`
  const fields = `,${outcome.line},"url.path":${JSON.stringify(path)},"event.duration":${nanoseconds}${fault}`
  writeLine(outcome.level, outcome.message, fields, scope.frame)
}

/** An answer that did not end was given up by the client, unless a fault of ours is known. */
const brokenOffStatus = ({ error }: RequestScope): number => (error === undefined ? CLIENT_CLOSED : statusOf(error))

type Asked = { readonly method: string; readonly url: string }

const closeScope = (scope: RequestScope, { method: verb, url }: Asked, status: number): void => {
  if (scope.closed) return
  scope.closed = true
  inFlight -= 1
  const endedAt = now()
  const { record, route } = scope
  const method = METHODS.has(verb) ? verb : '_OTHER'
  const query = url.indexOf('?')
  const path = safePath(query === -1 ? url : url.slice(0, query))
  const outcome = outcomesOf(route)(method)(status)
  outcome.duration.observe((endedAt - record.root.startedAt) / 1_000, scope.frame)
  logRequest(scope, outcome, path, endedAt)
  if (!tracing.notes) return
  record.root.shape = outcome.shape
  record.root.set('url.path', path)
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
  res.setHeader('X-Correlation-ID', scope.record.correlationId)
  res.once('close', () => {
    const status = res.writableFinished ? res.statusCode : brokenOffStatus(scope)
    closeScope(scope, { method: req.method, url: req.originalUrl }, status)
  })
  runInFrame(scope.frame, next)
}

/**
 * Ends the request for telemetry and for load shedding, while its answer goes on: a stream that stays open for hours is
 * no request in flight, and its latency is the time until it was open.
 */
export const detachRequest = (req: Request, res: Response): void => {
  const scope = scopeOf(req)
  if (scope) closeScope(scope, { method: req.method, url: req.originalUrl }, res.statusCode)
}

/** A request to change the protocol, which never gets a response of Node's; `end` is called with what was answered. */
export type UpgradeScope = RequestScope & { end(status: number): void }

/** The scope of an upgrade, told of like any other request. The caller runs what follows in its frame. */
export const openUpgrade = (req: IncomingMessage): UpgradeScope => {
  const scope = openScope(req)
  const { method = '', url = '' } = req
  return Object.assign(scope, { end: (status: number) => closeScope(scope, { method, url }, status) })
}

/** Names the route of a request by its template, for spans, metrics and log lines. */
export const namedRoute =
  (route: string): RequestHandler =>
  (req, _res, next) => {
    const scope = scopeOf(req)
    if (scope) scope.route = route
    next()
  }
