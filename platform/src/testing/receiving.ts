import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { eventually } from './eventually.ts'

const unzip = promisify(gunzip)

const readBody = async (req: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  return req.headers['content-encoding'] === 'gzip' ? unzip(body) : body
}

/** Listens on a free port of 127.0.0.1, hands over each body (unzipped) with its path, and answers 200 to everything. */
export const startReceiver = async (
  receive: (path: string, body: Buffer) => void,
): Promise<AsyncDisposable & { readonly port: number }> => {
  const server = createServer((req, res) => {
    readBody(req)
      .then((body) => receive(req.url ?? '', body))
      .then(
        () => res.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
        () => res.writeHead(400).end(),
      )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

const PATIENCE_MS = 15_000

/**
 * Resolves with what `find` gives once it is not undefined.
 * @throws Error that names what was wanted, after 15 s or `timeoutMs`
 */
export const waitUntil = <R>(find: () => R | undefined, wanted: string, timeoutMs = PATIENCE_MS): Promise<R> =>
  eventually(
    () => {
      const found = find()
      if (found === undefined) throw new Error(`${wanted} did not arrive within ${timeoutMs} ms`)
      return found
    },
    { timeoutMs },
  )
