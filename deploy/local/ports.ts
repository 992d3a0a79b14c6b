import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { randomInt } from 'node:crypto'
import { Failure } from './failure.ts'

const HOST = '127.0.0.1'

// Below the range that Linux hands out for outgoing connections (32768 and up): a store that was killed by a test finds
// its port free when it comes back.
const FREE_FROM = 20_000
const FREE_TO = 32_000

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: HOST, exclusive: true }, () => server.close(() => resolve(true)))
  })

const handedOut = new Set<number>()

/** Ports of 127.0.0.1 that nothing listens on; one process never gets the same one twice. */
export const freePorts = async (count: number): Promise<number[]> => {
  const found: number[] = []
  while (found.length < count) {
    const port = randomInt(FREE_FROM, FREE_TO)
    if (handedOut.has(port) || !(await isFree(port))) continue
    handedOut.add(port)
    found.push(port)
  }
  return found
}

export const freePort = async (): Promise<number> => {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Failure('No free port was found on 127.0.0.1.')
  return port
}

/** A port from the environment; throws a Failure that names the variable when it is none. */
export const parsePort = (variable: string, text: string | undefined, fallback: number): number => {
  if (text === undefined || text === '') return fallback
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new Failure(`${variable} is "${text}", but a port is a number from 1 to 65535.`)
}

const listeningInodes = (port: number): Set<string> => {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = new Set<string>()
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    try {
      for (const line of readFileSync(file, 'utf8').split('\n').slice(1)) {
        const fields = line.trim().split(/\s+/)
        if (fields[3] === '0A' && fields[1]?.endsWith(`:${hex}`) && fields[9]) inodes.add(`socket:[${fields[9]}]`)
      }
    } catch {
      // no /proc on this system: the holder stays unknown
    }
  }
  return inodes
}

const linksOf = (folder: string): string[] => {
  try {
    return readdirSync(folder).flatMap((name) => {
      try {
        return [readlinkSync(`${folder}/${name}`)]
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}

/** The process that listens on a port, as far as this user may know: its pid and the start of its command line. */
const holderOf = (port: number): { pid: number; command: string } | undefined => {
  const inodes = listeningInodes(port)
  if (inodes.size === 0) return undefined
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || !linksOf(`/proc/${entry}/fd`).some((link) => inodes.has(link))) continue
    const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    return { pid: Number(entry), command: command.slice(0, 80) }
  }
  return undefined
}

/** Throws a Failure that names the port, its holder and the variable to change when the port is taken. */
export const requireFree = async (port: number, purpose: string, variable: string): Promise<void> => {
  if (await isFree(port)) return
  const holder = holderOf(port)
  const by = holder === undefined ? 'another process' : `"${holder.command}" (pid ${holder.pid})`
  throw new Failure(`Port ${port} (${purpose}) is taken by ${by}: stop that, or choose another port with ${variable}.`)
}
