import type { Operation, ServiceName } from '@pharos/platform/contracts/http/define'
import type { Faults } from '@pharos/platform/faults/faults'
import { closeApp, openApp } from '@pharos/platform/http/app'
import type { Authenticator, Identity } from '@pharos/platform/http/auth'
import type { Health } from '@pharos/platform/http/health'
import { mountProbes } from '@pharos/platform/http/listen'
import type { RateLimiter } from '@pharos/platform/http/rate-limit'
import { mount } from '@pharos/platform/http/router'
import type { Upstream } from '@pharos/platform/http/upstream'
import { setUser } from '@pharos/platform/telemetry/context'
import cors from 'cors'
import type { Express, Request, RequestHandler } from 'express'
import helmet from 'helmet'
import { mountDocs } from './docs.ts'
import { enforceLimit } from './limits.ts'
import type { Live } from './live/live.ts'
import { proxyTo } from './proxy.ts'

type Ports = {
  readonly operations: readonly Operation[]
  readonly upstreams: Readonly<Partial<Record<ServiceName, Upstream>>>
  /** By id: operations that the gateway answers itself. */
  readonly answers?: Live['answers']
  readonly upstreamTimeoutMs: number
  readonly authenticator: Authenticator
  /** Absent: nothing is limited. */
  readonly limiter?: RateLimiter | undefined
  readonly health: Health
  readonly corsOrigins: readonly string[]
  readonly trustProxy: readonly string[]
  /** Hit the operations, never probes and documents. */
  readonly faults?: Faults | undefined
}

const EXPOSED_HEADERS = [
  'X-Correlation-ID',
  'ETag',
  'Retry-After',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
]

type Verified = { readonly identity?: Identity; readonly fault?: unknown }

/**
 * Who is calling, for limits and early refusals. The service behind verifies again for itself; nothing that the
 * gateway could add to the request would be believed there.
 */
const verify = async (authenticator: Authenticator, operation: Operation, req: Request): Promise<Verified> => {
  const { authorization } = req.headers
  if (operation.auth === 'none' || (operation.auth === 'optional' && authorization === undefined)) return {}
  try {
    const identity = await authenticator.authenticate(authorization)
    setUser(identity.userId)
    return { identity }
  } catch (fault) {
    return operation.auth === 'user' ? { fault } : {}
  }
}

const guard =
  (operation: Operation, { authenticator, limiter }: Ports): RequestHandler =>
  async (req, res, next) => {
    const { identity, fault } = await verify(authenticator, operation, req)
    if (limiter) await enforceLimit(limiter, operation, req, res, identity)
    next(fault)
  }

/** An open operation without limits needs no guard at all. */
const stepsOf = (operation: Operation, ports: Ports): RequestHandler[] => [
  ...(operation.auth === 'none' && !ports.limiter ? [] : [guard(operation, ports)]),
  ports.answers?.[operation.id] ?? proxyTo(operation, ports),
]

const crossOrigin = (origins: readonly string[]): RequestHandler =>
  cors({ origin: origins.includes('*') ? '*' : [...origins], exposedHeaders: EXPOSED_HEADERS, maxAge: 600 })

/** What an answer in JSON needs; the other fields of helmet are for pages, and each would be sent with every answer. */
const apiPolicy = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
})

/** The gateway: security headers, CORS, then per operation limit, token check and the way to its service. */
export const createGatewayApp = (ports: Ports): Express => {
  const app = openApp().set('trust proxy', [...ports.trustProxy])
  app.use(apiPolicy)
  if (ports.corsOrigins.length > 0) app.use(crossOrigin(ports.corsOrigins))
  mount(
    app,
    ports.operations.map((operation) => ({ operation, steps: stepsOf(operation, ports) })),
    ports.faults,
  )
  mountProbes(app, ports.health)
  mountDocs(app, ports.operations)
  return closeApp(app)
}
