import type { Writable } from 'node:stream'
import type { Ending } from './endings.ts'

/** A notification on its way: `json` is its text as clients get it. */
export type LiveItem = {
  readonly id: number
  readonly json: string
  /** The one before it, where it is known. */
  readonly previousId?: number | undefined
  /** Of the request that has caused it; not known of what was read from the database. */
  readonly correlationId?: string | undefined
}

/** One way to a client. Nothing here throws, also when the client has gone. */
export interface Transport {
  readonly kind: 'sse' | 'ws'
  /** Begins the stream; nothing is sent before. */
  open(): void
  send(item: LiveItem): void
  /** Shows that the connection lives; false when the client has not answered the time before. */
  beat(): boolean
  /** What the client has not read yet and this process holds for it. */
  readonly unsentBytes: number
  /** The client reads more slowly than it is sent to; `drained` resolves when it has caught up or has gone. */
  readonly clogged: boolean
  drained(): Promise<void>
  close(ending: Ending): void
}

/** Resolves when what was written has gone out, or can't any more. */
export const drainOf = (writable: Writable): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      writable.off('drain', done).off('close', done)
      resolve()
    }
    writable.on('drain', done).on('close', done)
  })
