import { Client } from 'undici'

type Options = { url: string; most: number; timeoutMs: number }

/** Connections from many addresses, none of which carries more than one request at a time. */
export type Connections = AsyncDisposable & {
  /** Lends a connection from an address, or from any, for as long as `use` takes; waits while all are in use. */
  lend<T>(from: string | undefined, use: (client: Client) => Promise<T>): Promise<T>
}

type Connection = { from: string | undefined; client: Client }

/** At most so many at once: beyond that, the one that has been idle longest gives way to another address. */
export const openConnections = ({ url, most, timeoutMs }: Options): Connections => {
  const idle: Connection[] = []
  const waiting: (() => void)[] = []
  const all = new Set<Client>()

  const open = (from: string | undefined): Connection => {
    const client = new Client(url, {
      pipelining: 1,
      keepAliveTimeout: 60_000,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      // `localhost` may be an address of IPv6 first, which none of ours can reach.
      connect: { timeout: timeoutMs, ...(from !== undefined && { family: 4 }) },
      ...(from !== undefined && { localAddress: from }),
    })
    all.add(client)
    return { from, client }
  }

  const take = async (from: string | undefined): Promise<Connection> => {
    while (all.size >= most && idle.length === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    const place = idle.findLastIndex((connection) => connection.from === from)
    const [found] = place === -1 ? [] : idle.splice(place, 1)
    if (found !== undefined) return found
    const oldest = all.size >= most ? idle.shift() : undefined
    if (oldest !== undefined) {
      all.delete(oldest.client)
      void oldest.client.destroy()
    }
    return open(from)
  }

  return {
    lend: async (from, use) => {
      const connection = await take(from)
      try {
        return await use(connection.client)
      } finally {
        idle.push(connection)
        waiting.shift()?.()
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...all].map((client) => client.destroy()))
    },
  }
}
