import type { Operation, ServiceName } from '@pharos/platform/contracts/http/define'
import { isAppError, unavailable } from '@pharos/platform/errors'
import { payloadTooLarge, upstreamTimeout } from '@pharos/platform/http/faults'
import { scopeOf } from '@pharos/platform/http/scope'
import type { RequestScope } from '@pharos/platform/http/scope'
import { clientAddress } from './client-address.ts'
import type { Call, Upstream } from '@pharos/platform/http/upstream'
import type { Request, RequestHandler, Response } from 'express'
import type { IncomingHttpHeaders } from 'node:http'
import { errors } from 'undici'
import type { Dispatcher } from 'undici'

const ONE_WRITE_BYTES = 16_384
const MAX_BODY_BYTES = 1_048_576
const CLIENT_CLOSED = 499

/** Fields that belong to one connection (RFC 9110 §7.6.1), and those that the gateway writes itself. */
const NOT_FORWARDED = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'host',
  'traceparent',
  'x-correlation-id',
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'forwarded',
])
const NOT_RETURNED = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'trailer',
  'upgrade',
  'date',
  'x-correlation-id',
])

const ORDINARY_CONNECTION = /^(keep-alive|close)$/i
const NONE: ReadonlySet<string> = new Set()

/** Fields that a message itself declares as belonging to its connection. */
const connectionFields = (connection: string | undefined): ReadonlySet<string> =>
  connection === undefined || ORDINARY_CONNECTION.test(connection)
    ? NONE
    : new Set(connection.split(',').map((name) => name.trim().toLowerCase()))

const forwardedHeaders = (req: Request, call: Call, correlationId: string): string[] => {
  const headers = ['x-correlation-id', correlationId, 'x-forwarded-for', clientAddress(req)]
  if (call.traceparent !== undefined) headers.push('traceparent', call.traceparent)
  const { rawHeaders } = req
  const hopByHop = connectionFields(req.headers.connection)
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase()
    if (!NOT_FORWARDED.has(name) && !hopByHop.has(name)) headers.push(name, rawHeaders[index + 1] as string)
  }
  return headers
}

const copyHead = (res: Response, status: number, headers: IncomingHttpHeaders): void => {
  res.statusCode = status
  const hopByHop = connectionFields(headers.connection)
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || NOT_RETURNED.has(name) || hopByHop.has(name)) continue
    if (name === 'vary') res.vary(value as string)
    else res.setHeader(name, value)
  }
}

/** The fault that a client sees when the service behind could not be asked. */
const faultOf = (peer: string, error: unknown): unknown => {
  if (isAppError(error)) return error
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError)
    return upstreamTimeout(error)
  return unavailable(`${peer}.unavailable`, error)
}

const hasBody = (req: Request): boolean =>
  req.headers['transfer-encoding'] !== undefined || (req.headers['content-length'] ?? '0') !== '0'

const readWhole = (req: Request): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.once('end', () => resolve(Buffer.concat(chunks)))
    req.once('error', reject)
  })

/**
 * The body to send along: a small one whole, because a stream costs several times as much as what is in it, any other as
 * it comes. Rejects when the client goes away in the middle of a small one.
 */
const bodyOf = async (req: Request): Promise<Buffer | Request | null> => {
  if (!hasBody(req)) return null
  const length = Number(req.headers['content-length'] ?? Infinity)
  return length > ONE_WRITE_BYTES ? req : readWhole(req)
}

type Passage = {
  readonly upstream: Upstream
  readonly call: Call
  readonly req: Request
  readonly res: Response
  readonly body: Buffer | Request | null
  readonly scope: RequestScope
  readonly timeoutMs: number
}

/**
 * Streams one request to the service and its answer back, byte for byte. Resolves when the answer has ended or the
 * client has gone, rejects when no answer began; one that breaks off in the middle breaks the client's connection too.
 */
const forward = ({ upstream, call, req, res, body, scope, timeoutMs }: Passage): Promise<void> =>
  new Promise((resolve, reject) => {
    let length = -1
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(controller) {
        res.once('close', () => {
          if (!res.writableFinished) controller.abort(new Error('the client went away'))
        })
        res.on('drain', () => controller.resume())
      },
      onResponseStart(_controller, status, headers) {
        copyHead(res, status, headers)
        length = Number(headers['content-length'] ?? -1)
        call.succeed(status)
      },
      onResponseData(controller, chunk) {
        // As a string it leaves in one write with the head; as a Buffer it costs a writev, a tenth of the whole request.
        if (chunk.length === length && length < ONE_WRITE_BYTES) res.end(chunk.toString('latin1'), 'latin1')
        else if (!res.write(chunk)) controller.pause()
      },
      onResponseEnd() {
        if (!res.writableEnded) res.end()
        resolve()
      },
      onResponseError(_controller, error) {
        if (res.destroyed) {
          call.succeed(CLIENT_CLOSED)
          return resolve()
        }
        call.fail(error)
        if (!res.headersSent) return reject(error)
        scope.error = unavailable(`${upstream.peer}.broke-off`, error)
        res.destroy(error)
        resolve()
      },
    }
    upstream.pool.dispatch(
      {
        method: req.method,
        path: req.originalUrl,
        headers: forwardedHeaders(req, call, scope.record.correlationId),
        body,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      },
      handler,
    )
  })

const isSafeToRepeat = (req: Request, res: Response): boolean =>
  (req.method === 'GET' || req.method === 'HEAD') && !res.headersSent && !res.destroyed

type ProxyPorts = {
  readonly upstreams: Readonly<Partial<Record<ServiceName, Upstream>>>
  /** How long a service may take to begin an answer, and between two parts of it. */
  readonly upstreamTimeoutMs: number
}

/** The last step of a public route: the service that owns the operation answers. */
export const proxyTo = (operation: Operation, { upstreams, upstreamTimeoutMs }: ProxyPorts): RequestHandler => {
  const upstream = upstreams[operation.service]
  if (!upstream) throw new Error(`no address is configured for ${operation.service}`)
  return async (req, res) => {
    const scope = scopeOf(req)
    if (!scope) throw new Error('a request without a scope reached the proxy')
    if (Number(req.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw payloadTooLarge()
    let body: Buffer | Request | null
    try {
      body = await bodyOf(req)
    } catch {
      // The client went away: there is nobody to answer and nothing to ask.
      return
    }
    const attempt = () => {
      const call = upstream.begin(scope.frame, req.method, scope.route)
      return forward({ upstream, call, req, res, body, scope, timeoutMs: upstreamTimeoutMs })
    }
    try {
      await upstream.guard(attempt).catch((error: unknown) => {
        if (error instanceof errors.HeadersTimeoutError || !isSafeToRepeat(req, res) || !upstream.mayRetry(error))
          throw error
        return upstream.guard(attempt)
      })
    } catch (error) {
      throw faultOf(upstream.peer, error)
    }
  }
}
