import type { Request, Response } from 'express'
import { ServerResponse } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { API_PREFIX } from '@pharos/platform/contracts/http/define'
import { liveApi } from '@pharos/platform/contracts/http/live'
import { isAppError } from '@pharos/platform/errors'
import { MAX_IN_FLIGHT } from '@pharos/platform/http/app'
import { bearerOf } from '@pharos/platform/http/auth'
import type { Authenticator, Identity } from '@pharos/platform/http/auth'
import { sendError, statusOf } from '@pharos/platform/http/envelope'
import { invalidInput, invalidToken, routeNotFound, tooManyRequests } from '@pharos/platform/http/faults'
import { watchLoad } from '@pharos/platform/http/load-shed'
import type { RateLimiter } from '@pharos/platform/http/rate-limit'
import { openUpgrade } from '@pharos/platform/http/scope'
import type { UpgradeScope } from '@pharos/platform/http/scope'
import { validate } from '@pharos/platform/http/validate'
import { captureError } from '@pharos/platform/telemetry/capture'
import { runInFrame, setUser } from '@pharos/platform/telemetry/context'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { countRequest } from '../limits.ts'
import type { Hub } from './hub.ts'
import { closeSoon, WebSocketTransport } from './web-socket.ts'

const SUBPROTOCOL = 'bearer'
const MAX_PAYLOAD_BYTES = 1_024
const CLIENT_GONE = 499
const SWITCHED = 101

/** What a fault of opening closes with, by the status that it would have had; 4000 and more are for applications to use. */
const CLOSE_CODES: Readonly<Record<number, number>> = { 400: 4400, 401: 4401, 429: 4429, 503: 1013 }
const INTERNAL_ERROR = 1011

const operation = liveApi.connectNotifications
const paths = new Set(operation.paths.map((path) => API_PREFIX + path))
const BASE = 'ws://gateway'

/** As Express matches: without regard to case and to a slash at the end. */
const pathOf = ({ url = '' }: IncomingMessage): string =>
  URL.canParse(url, BASE) ? new URL(url, BASE).pathname.toLowerCase().replace(/\/$/, '') : ''

export type UpgradePorts = {
  readonly hub: Hub
  readonly authenticator: Authenticator
  readonly limiter?: RateLimiter | undefined
}

/** Other protocols than WebSocket, such as the h2c that some clients offer with each request, are passed over. */
export const isWebSocketUpgrade = (req: IncomingMessage): boolean => req.headers.upgrade?.toLowerCase() === 'websocket'

/** The token offered as a subprotocol, in the form of an `Authorization` header. @throws AppError `invalid token` */
const authorizationOf = (req: IncomingMessage): string | undefined => {
  const offered = req.headers['sec-websocket-protocol']
  if (offered === undefined) return undefined
  const [scheme, token, ...more] = offered.split(',').map((part) => part.trim())
  if (scheme !== SUBPROTOCOL || token === undefined || more.length > 0) throw invalidToken()
  return `Bearer ${token}`
}

/** An answer instead of the handshake, written by Node's own response on the socket. */
const refuse = (req: IncomingMessage, socket: Socket, fault: unknown, scope: UpgradeScope): void => {
  const res = new ServerResponse(req)
  res.shouldKeepAlive = false
  res.assignSocket(socket)
  res.setHeader('X-Correlation-ID', scope.record.correlationId)
  res.once('finish', () => socket.destroySoon())
  sendError(res as Response, fault, scope.record)
  scope.end(statusOf(fault))
}

type Admission = { readonly identity: Identity; readonly token: string; readonly after: number | undefined }
type Verified = { readonly identity?: Identity; readonly fault?: unknown }

const verify = async (authenticator: Authenticator, authorization: () => string | undefined): Promise<Verified> => {
  try {
    const identity = await authenticator.authenticate(authorization())
    setUser(identity.userId)
    return { identity }
  } catch (fault) {
    return { fault }
  }
}

/** Limit, token and input, in the order of every route. @throws AppError */
const admit = async (req: IncomingMessage, { authenticator, limiter }: UpgradePorts): Promise<Admission> => {
  const { identity, fault } = await verify(authenticator, () => authorizationOf(req))
  // The prototypes of an upgrade are those of a request, but Express has not seen it.
  const decision = limiter && (await countRequest(limiter, operation, req as Request, identity))
  if (decision?.allowed === false) throw tooManyRequests(decision.resetSeconds)
  if (!identity) throw fault
  const { searchParams } = new URL(req.url ?? '', BASE)
  const { last_event_id: after } = validate(operation.query, Object.fromEntries(searchParams), operation)
  return { identity, token: bearerOf(authorizationOf(req)), after }
}

const closeWith = (ws: WebSocket, fault: unknown): void => {
  ws.on('error', () => {})
  const text = isAppError(fault) ? fault.message : 'internal server error'
  closeSoon(ws, CLOSE_CODES[statusOf(fault)] ?? INTERNAL_ERROR, text)
}

/** The server of handshakes: they are refused in the envelope, and answered with the correlation id of their scope. */
const createHandshakes = (scopes: WeakMap<IncomingMessage, UpgradeScope>) => {
  const wss = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD_BYTES,
    // Browsers hear of no refusal where none of their protocols was taken up.
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : ([...offered][0] ?? false)),
  })
  wss.on('headers', (headers, req) => {
    const scope = scopes.get(req)
    if (scope) headers.push(`X-Correlation-ID: ${scope.record.correlationId}`)
  })
  wss.on('wsClientError', (error, socket, req) => {
    const scope = scopes.get(req)
    if (scope) refuse(req, socket as Socket, invalidInput(error), scope)
  })
  return (req: IncomingMessage, socket: Socket, head: Buffer): WebSocket | undefined => {
    let accepted: WebSocket | undefined
    wss.handleUpgrade(req, socket, head, (ws) => (accepted = ws))
    return accepted
  }
}

/**
 * Answers WebSocket upgrades of a server: those of the contract's paths become live connections. The handshake is
 * accepted also for who can't be let in, because a browser learns nothing but the code of the close frame.
 */
export const answerUpgrades = (server: Server, ports: UpgradePorts): void => {
  const overload = watchLoad({ maxInFlight: MAX_IN_FLIGHT })
  const scopes = new WeakMap<IncomingMessage, UpgradeScope>()
  const handshake = createHandshakes(scopes)

  const fail = (scope: UpgradeScope, fault: unknown): void => {
    const status = statusOf(fault)
    if (status >= 500 && !scope.closed) {
      scope.error = fault
      captureError(fault, { route: scope.route }, scope.frame)
    }
    scope.end(status)
  }

  const connect = async (socket: Socket, accept: () => WebSocket | undefined, admitted: Admission): Promise<void> => {
    const { identity, token, after } = admitted
    const transport = new WebSocketTransport({
      accept,
      socket,
      onGone: () => connection.end('gone'),
      onMisuse: () => connection.end('misused'),
    })
    const connection = ports.hub.join({ identity, token, transport })
    socket.once('close', () => connection.end('gone'))
    await connection.open(after)
  }

  const answer = async (req: IncomingMessage, socket: Socket, head: Buffer, scope: UpgradeScope): Promise<void> => {
    const path = pathOf(req)
    if (!paths.has(path)) return refuse(req, socket, routeNotFound(), scope)
    scope.route = path
    const overloaded = overload()
    if (overloaded) return refuse(req, socket, overloaded, scope)
    const accept = () => handshake(req, socket, head)
    try {
      await connect(socket, accept, await admit(req, ports))
      scope.end(SWITCHED)
    } catch (fault) {
      const ws = accept()
      if (ws) closeWith(ws, fault)
      fail(scope, fault)
    }
  }

  server.on('upgrade', (req, stream, head) => {
    const socket = stream as Socket
    const scope = openUpgrade(req)
    scopes.set(req, scope)
    socket.on('error', () => {})
    socket.once('close', () => scope.end(CLIENT_GONE))
    runInFrame(scope.frame, () => answer(req, socket, head, scope)).catch((fault: unknown) => {
      socket.destroy()
      fail(scope, fault)
    })
  })
}
