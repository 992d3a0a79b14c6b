import { API_PREFIX } from '@pharos/platform/contracts/http/define'
import { createHealth } from '@pharos/platform/http/health'
import { listen } from '@pharos/platform/http/listen'
import type { RateLimiter } from '@pharos/platform/http/rate-limit'
import { createUpstream } from '@pharos/platform/http/upstream'
import { createApiClient } from '@pharos/platform/testing/api-client'
import { request } from 'node:http'
import type { ClientRequest, IncomingMessage, RequestListener, RequestOptions } from 'node:http'
import { startFakePeer } from '../../../platform/test/http/fake-peer.ts'
import { authenticatorFor, createIssuer } from '../../../platform/test/http/issuer.ts'
import { createGatewayApp } from '../src/app.ts'
import { publicOperations } from '../src/operations.ts'

type Options = {
  /** How the service behind answers at first; all of them are one fake. */
  readonly answer?: RequestListener
  readonly limiter?: RateLimiter
  readonly corsOrigins?: readonly string[]
  readonly trustProxy?: readonly string[]
  readonly upstreamTimeoutMs?: number
  /** Instead of the fake's. */
  readonly upstreamUrl?: string
}

/** The gateway as it runs, in front of a fake service on a free port, with tokens of a real key. */
export const startGateway = async (options: Options = {}) => {
  const { answer, limiter, corsOrigins = [], trustProxy = [], upstreamTimeoutMs = 60_000 } = options
  const stack = new AsyncDisposableStack()
  const issuer = await createIssuer()
  const peer = stack.use(await startFakePeer(answer))
  const upstream = createUpstream({ peer: 'users', baseUrl: options.upstreamUrl ?? peer.url })
  // Not closed in order: what a test left hanging in it would be waited for.
  stack.defer(() => upstream.pool.destroy())
  const app = createGatewayApp({
    operations: publicOperations,
    upstreams: { users: upstream, auth: upstream, posts: upstream, relations: upstream, notifications: upstream },
    upstreamTimeoutMs,
    authenticator: authenticatorFor(issuer.keys),
    limiter,
    health: createHealth({ users: { check: async () => {}, required: false } }),
    corsOrigins,
    trustProxy,
  })
  const server = await listen(app, { host: '127.0.0.1', port: 0 })
  stack.defer(async () => {
    const closed = server[Symbol.asyncDispose]()
    server.server.closeAllConnections()
    await closed
  })
  const client = stack.use(createApiClient(server.url))
  return {
    peer,
    client,
    issuer,
    url: server.url,
    port: server.port,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

export type Exchange = { readonly req: ClientRequest; readonly answer: Promise<IncomingMessage> }

/** A request by node:http, for tests that send or read in pieces or break off. The path is below /api/v1. */
export const exchange = (port: number, path: string, options: RequestOptions = {}): Exchange => {
  const req = request({ host: '127.0.0.1', port, path: API_PREFIX + path, agent: false, ...options })
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    req.once('response', resolve)
    req.once('error', reject)
  })
  answer.catch(() => {})
  return { req, answer }
}

export const readAll = async (stream: AsyncIterable<Buffer>): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
