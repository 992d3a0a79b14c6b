import type { Client } from 'pg'
import type { Waiting } from './instrument.ts'

const INTERVAL_MS = 500

type Internals = { readonly connection: { readonly stream: { destroy(error: Error): void } } }

/**
 * Ends connections whose server has not answered a statement for `limitMs`: one that hangs, or a network that
 * swallows. One timer looks at all of them, because a timer per statement would be paid by every statement.
 */
export const watchConnections = (limitMs: number) => {
  const watched = new Map<Client, Waiting>()
  const timer = setInterval(() => {
    const now = performance.now()
    for (const [client, waiting] of watched) {
      if (waiting.since === 0 || now - waiting.since < limitMs) continue
      const { stream } = (client as unknown as Internals).connection
      stream.destroy(new Error('Connection terminated: no answer'))
    }
  }, INTERVAL_MS)
  timer.unref()
  return {
    add: (client: Client, waiting: Waiting): void => {
      watched.set(client, waiting)
      client.once('end', () => watched.delete(client))
    },
    stop: (): void => clearInterval(timer),
  }
}
