import express from 'express'
import type { ErrorRequestHandler, Express, RequestHandler } from 'express'
import { createServer, IncomingMessage, ServerResponse } from 'node:http'
import type { RequestListener, Server, ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import type { Faults } from '../faults/faults.ts'
import { mountFaults } from '../faults/routes.ts'
import { getLogLevel, log, logLevels, setLogLevel } from '../telemetry/log.ts'
import { scrape } from '../telemetry/metrics.ts'
import { telemetry } from '../telemetry/settings.ts'
import type { Health } from './health.ts'
import { namedRoute } from './scope.ts'

const DRAIN_MS = 20_000
const IDLE_CHECK_MS = 20
const KEEP_ALIVE_MS = 65_000

export type Listener = AsyncDisposable & { readonly url: string; readonly port: number; readonly server: Server }

type Address = { readonly host: string; readonly port: number }

const close = async (server: Server): Promise<void> => {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // A connection that was busy just now is kept alive by its client once its answer is out, and would hold us up.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
  const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  await closed
  clearInterval(idle)
  clearTimeout(deadline)
}

/**
 * Classes for requests and responses that are born with an Express app's prototypes. Express gives them to each message
 * afterwards, which costs a tenth of a short request; setting a prototype that is there already is free. They must be
 * classes: with plain constructors in their place a request costs more than without.
 */
const bornFor = (app: Express): ServerOptions => {
  class AppRequest extends IncomingMessage {}
  class AppResponse extends ServerResponse {}
  Object.setPrototypeOf(AppRequest.prototype, app.request)
  Object.setPrototypeOf(AppResponse.prototype, app.response)
  // Who looks for an IncomingMessage by its constructor, as undici does, finds what it found in Express's own.
  Reflect.deleteProperty(AppRequest.prototype, 'constructor')
  Reflect.deleteProperty(AppResponse.prototype, 'constructor')
  app.request = AppRequest.prototype as Express['request']
  app.response = AppResponse.prototype as Express['response']
  // Node's types ask for a class that is generic over its request.
  return { IncomingMessage: AppRequest, ServerResponse: AppResponse as unknown as typeof ServerResponse }
}

const isExpress = (handler: RequestListener): handler is Express => 'request' in handler

/**
 * Listens until it is disposed; then takes no new connections, lets requests in flight finish for at most 20 s, and
 * closes the rest. Port 0 takes a free one.
 * @throws Error that says which address is taken
 */
export const listen = async (
  handler: RequestListener,
  { host, port }: Address,
  options: Pick<ServerOptions, 'shouldUpgradeCallback'> = {},
): Promise<Listener> => {
  const born = isExpress(handler) ? bornFor(handler) : {}
  const server = createServer({ ...born, ...options, keepAliveTimeout: KEEP_ALIVE_MS }, handler)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`${host}:${port} is taken by another process; free it or set another port`, { cause: error })
          : error,
      ),
    )
    server.listen(port, host, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  return { server, port: bound, url: `http://${host}:${bound}`, [Symbol.asyncDispose]: () => close(server) }
}

const levelChange = z.object({ level: z.enum(logLevels as [string, ...string[]]) })

const readiness =
  (health: Health): RequestHandler =>
  async (_req, res) => {
    const state = await health.readiness()
    res.status(state.ready ? 200 : 503).json(state)
  }

const metrics: RequestHandler = async (_req, res) => {
  const { contentType, body } = await scrape()
  res.setHeader('Content-Type', contentType)
  res.end(body)
}

const changeLevel: RequestHandler = (req, res) => {
  const parsed = levelChange.safeParse(req.body)
  if (!parsed.success) {
    res.status(400).json({ error: `level must be one of ${logLevels.join(', ')}` })
    return
  }
  const level = parsed.data.level as (typeof logLevels)[number]
  setLogLevel(level)
  log.warn(`log level is now ${level}`, { 'event.action': 'log.level-changed' })
  res.json({ level })
}

const answerFault: ErrorRequestHandler = (fault: unknown, _req, res, _next) => {
  const { status = 500 } = fault as { status?: number }
  if (status >= 500) log.error('a management request failed', { 'event.action': 'management.failed' }, fault)
  res.status(status).json({ error: status >= 500 ? 'internal server error' : 'malformed request' })
}

/** Liveness, readiness with the state of each dependency, and version. */
export const mountProbes = (app: Express, health: Health): void => {
  app.get('/healthz', namedRoute('/healthz'), (_req, res) => void res.json({ status: 'ok' }))
  app.get('/readyz', namedRoute('/readyz'), readiness(health))
  app.get('/version', namedRoute('/version'), (_req, res) => void res.json(versionOf()))
}

/** What operators may ask a process: the probes, metrics, the log level and its faults. Not for clients. */
const createManagementApp = (health: Health, faults: Faults | undefined): Express => {
  const app = express().disable('x-powered-by')
  mountProbes(app, health)
  app.get('/metrics', metrics)
  app.get('/loglevel', (_req, res) => void res.json({ level: getLogLevel() }))
  app.put('/loglevel', express.json({ limit: '1kb' }), changeLevel)
  if (faults) mountFaults(app, faults)
  return app.use(answerFault)
}

/** Name, version and commit of this process. */
const versionOf = () => ({
  service: telemetry.serviceName,
  version: telemetry.serviceVersion,
  commit: telemetry.serviceCommit,
  node: process.versions.node,
})

/** Serves the management port; when the service stops, readiness goes off first. */
export const listenManagement = (health: Health, address: Address, faults?: Faults): Promise<Listener> =>
  listen(createManagementApp(health, faults), address)
