import { connect } from 'node:net'
import type { ManagedProcess } from '../managed-process.ts'

/** A server that runs as a process of ours: where it answers, and the hand on its life. */
export type Server = AsyncDisposable & {
  name: string
  url: string
  port: number
  logFile: string
  process: ManagedProcess
  /** Brings it back on the same port with the same data, after `stop` or `kill`. */
  start(): Promise<void>
  stop(): Promise<void>
  /** SIGKILL, as a crash would do it. */
  kill(): Promise<void>
}

export const serverOf = (process: ManagedProcess, url: string, port: number): Server => ({
  name: process.spec.name,
  url,
  port,
  logFile: process.spec.logFile,
  process,
  start: () => process.start(),
  stop: () => process.stop(),
  kill: () => process.kill(),
  [Symbol.asyncDispose]: () => process.stop(),
})

/** Sends bytes to 127.0.0.1 and resolves with the first bytes that come back; throws when nothing does. */
export const exchange = (port: number, request: Uint8Array): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.setTimeout(2000, () => socket.destroy(new Error(`no answer on port ${port}`)))
    socket.once('connect', () => socket.write(request))
    socket.once('data', (bytes) => {
      resolve(bytes)
      socket.destroy()
    })
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`port ${port} closed the connection`)))
  })

/** A readiness probe: resolves when the URL answers 2xx. */
export const answersOk = async (url: string): Promise<void> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
  const body = await response.text()
  if (!response.ok) throw new Error(`${url} answers ${response.status} ${body.slice(0, 200)}`)
}
