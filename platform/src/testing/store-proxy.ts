import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { Secret } from '../runtime/config.ts'

/** A way to a store that can be cut and mended: what a test needs to take a server away without stopping it. */
export const startStoreProxy = async (
  target: Secret,
): Promise<{ url: Secret; cut(): Promise<void>; mend(): Promise<void> } & AsyncDisposable> => {
  const address = new URL(target.reveal())
  const sockets = new Set<Socket>()
  let server: Server | undefined
  let port = 0

  const track = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  }

  const mend = async (): Promise<void> => {
    const opened = createServer((near) => {
      const far = connect(Number(address.port), address.hostname)
      track(near)
      track(far)
      near.pipe(far).pipe(near)
      near.on('close', () => far.destroy())
      far.on('close', () => near.destroy())
    })
    await new Promise<void>((resolve) => opened.listen(port, '127.0.0.1', resolve))
    port = (opened.address() as AddressInfo).port
    server = opened
  }

  const cut = (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server?.close(() => resolve()))
    for (const socket of sockets) socket.destroy()
    return closed
  }

  await mend()
  const url = new URL(address)
  url.host = `127.0.0.1:${port}`
  return { url: new Secret(url.href), cut, mend, [Symbol.asyncDispose]: cut }
}
