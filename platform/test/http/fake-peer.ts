import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type FakePeer = AsyncDisposable & {
  readonly url: string
  readonly port: number
  /** Everything that was asked, oldest first. */
  readonly seen: IncomingMessage[]
  /** How it answers from now on. */
  answer: RequestListener
}

export const answerJson =
  (status: number, body: unknown): RequestListener =>
  (_req, res: ServerResponse) =>
    void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

/** A server on a free port in place of another service, which misbehaves as a test wants. */
export const startFakePeer = async (
  answer: RequestListener = answerJson(200, { status: 200, data: {} }),
): Promise<FakePeer> => {
  const seen: IncomingMessage[] = []
  const server = createServer((req, res) => {
    seen.push(req)
    peer.answer(req, res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const peer: FakePeer = {
    url: `http://127.0.0.1:${port}`,
    port,
    seen,
    answer,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return peer
}
