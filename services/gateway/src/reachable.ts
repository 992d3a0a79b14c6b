import { connect } from 'node:net'

/** Resolves when something accepts a connection at the address; rejects with why not. */
export const acceptsConnections = (address: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const { hostname, port, protocol } = new URL(address)
    const socket = connect({ host: hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) })
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', reject)
    socket.setTimeout(1_000, () => socket.destroy(new Error(`${address} did not accept a connection within a second`)))
  })
