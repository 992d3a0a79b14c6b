import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** `open` passes everything on; `shut` breaks the connection; `lose answers` passes on and breaks it afterwards. */
export type GateState = 'open' | 'shut' | 'lose answers'

/** The way from auth to users, which can be cut before or after users has done its work. */
export const startUsersGate = async () => {
  let target = ''
  let state: GateState = 'open'
  const server = createServer((req, res) => {
    if (state === 'shut') return void req.socket.destroy()
    const { method = 'GET', url = '/', headers } = req
    const forwarded = request(new URL(url, target), { method, headers }, (answer) => {
      if (state === 'lose answers') {
        answer.resume()
        req.socket.destroy()
        return
      }
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(res)
    })
    forwarded.on('error', () => req.socket.destroy())
    req.pipe(forwarded)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo: (url: string) => {
      target = url
    },
    set: (next: GateState) => {
      state = next
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
