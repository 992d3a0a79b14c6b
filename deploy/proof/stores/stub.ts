import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Stub = AsyncDisposable & { url: string }

/** For tests alone: answers HTTP with JSON, by a function of the address that is asked for and of the body. */
export const answering = async (answer: (url: URL, body: string, method: string) => unknown): Promise<Stub> => {
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const value = answer(new URL(req.url ?? '', 'http://stub'), Buffer.concat(chunks).toString(), req.method ?? '')
      res.statusCode = value === undefined ? 404 : 200
      res.setHeader('content-type', 'application/json').end(JSON.stringify(value ?? {}))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
