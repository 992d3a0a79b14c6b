import { isAppError, unavailable } from '@pharos/platform/errors'
import type { Identity } from '@pharos/platform/http/auth'
import { backoff } from '@pharos/platform/runtime/backoff'
import type { Ending } from './endings.ts'
import { PAGE_SIZE } from './missed.ts'
import type { Missed } from './missed.ts'
import type { LiveItem, Transport } from './transport.ts'

const MAX_UNSENT_BYTES = 262_144
const MAX_WAITING = 256
const MAX_BACKOFF_MS = 10_000

/** Whether announcements of a user can be heard. Times are of `performance.now()`. */
export interface FeedState {
  readonly live: boolean
  /** What was read later than this, together with the announcements since, is everything. Infinity while deaf. */
  readonly trustedFrom: number
  /** Resolves when announcements are heard, or when waiting for that takes too long. */
  joined(): Promise<void>
}

export type ConnectionPorts = {
  readonly identity: Identity
  readonly token: string
  readonly transport: Transport
  readonly feed: FeedState
  readonly missed: Missed
  readonly isRevoked: () => boolean
  readonly pollMs: number
  readonly recheckMs: number
  /** The heartbeat that this connection takes part in. */
  readonly slot: number
  readonly onSent: () => void
  readonly onEnd: (connection: LiveConnection, ending: Ending) => void
}

/**
 * One client and how far it has come. Notifications reach it by announcement, or by reading what comes after the last
 * one that it has; ids grow, so whatever is not newer than that was passed on before. While it reads, announcements
 * wait; they are believed only if the reading began after they could be heard.
 */
export class LiveConnection {
  readonly #ports: ConnectionPorts
  #cursor = 0
  #opened = false
  #reading = true
  #readFrom = Infinity
  #again = false
  #complete = false
  #waiting: LiveItem[] = []
  #failures = 0
  #sent = 0
  #lastBeat = { sent: -1, unsentBytes: 0 }
  /** When the next reading is due, on the clock of `performance.now()`. */
  dueAt = Infinity
  ended: Ending | undefined

  constructor(ports: ConnectionPorts) {
    this.#ports = ports
  }

  get kind(): Transport['kind'] {
    return this.#ports.transport.kind
  }

  get slot(): number {
    return this.#ports.slot
  }

  get expiresAtMs(): number {
    return this.#ports.identity.expiresAtMs
  }

  get isReading(): boolean {
    return this.#reading
  }

  /**
   * Opens the stream after the notification that the client names, or at the end.
   * @throws AppError `unavailable`, or `unauthenticated`; the connection has ended then
   */
  async open(after: number | undefined): Promise<void> {
    const { feed, missed, token, transport } = this.#ports
    try {
      await feed.joined()
      this.#readFrom = performance.now()
      const page = after === undefined ? [] : await missed.after(after, token)
      this.#cursor = after ?? (await missed.latest(token))
      if (this.ended !== undefined) throw unavailable('live.ended')
      this.#opened = true
      transport.open()
      void this.catchUp(page)
    } catch (error) {
      this.end(isAppError(error) && error.kind === 'unauthenticated' ? 'revoked' : 'unavailable')
      throw error
    }
  }

  isBehind(id: number): boolean {
    return id > this.#cursor
  }

  /** An announcement. */
  take(item: LiveItem): void {
    const { feed } = this.#ports
    if (this.ended !== undefined || item.id <= this.#cursor || this.#readFrom === Infinity) return
    if (!this.#reading && this.#complete && this.#isNext(item)) this.#pass(item)
    else if (!this.#reading) this.#soon()
    else if (this.#readFrom < feed.trustedFrom || this.#waiting.length >= MAX_WAITING) this.readAgain(0)
    else this.#waiting.push(item)
  }

  /** Announcements may have been missed: what is waiting can't be believed, and reading is due. */
  readAgain(dueAt: number): void {
    this.#complete = false
    this.#waiting = []
    if (!this.#reading) this.dueAt = Math.min(this.dueAt, dueAt)
    else if (this.#readFrom !== Infinity) this.#again = true
  }

  /** Passes on what comes after the last one, until there is no more. It never rejects. `page` was read already. */
  async catchUp(page?: readonly LiveItem[]): Promise<void> {
    this.#reading = true
    this.dueAt = Infinity
    let read = page
    try {
      do {
        this.#again = false
        if (!read) this.#readFrom = performance.now()
        await this.#passMissed(read)
        await this.#passWaiting()
        read = undefined
      } while ((this.#again || this.#waiting.length > 0) && this.ended === undefined)
      this.#failures = 0
      this.#plan()
    } catch (error) {
      await this.#fail(error)
    }
    this.#reading = false
  }

  /** Ends the connection if its token has expired or was revoked; false then. */
  mayStay(): boolean {
    const { identity, isRevoked } = this.#ports
    if (identity.expiresAtMs <= Date.now()) this.end('expired')
    else if (isRevoked()) this.end('revoked')
    return this.ended === undefined
  }

  /** A client that has taken nothing since the last beat, although there is something for it, is given up. */
  beat(): void {
    const { transport } = this.#ports
    if (!this.mayStay() || !this.#opened) return
    const { sent, unsentBytes } = this.#lastBeat
    if (transport.clogged && sent === this.#sent && transport.unsentBytes >= unsentBytes) return this.end('slow')
    if (!transport.beat()) return this.end('silent')
    this.#lastBeat = { sent: this.#sent, unsentBytes: transport.unsentBytes }
  }

  end(ending: Ending): void {
    if (this.ended !== undefined) return
    this.ended = ending
    this.#waiting = []
    this.dueAt = Infinity
    this.#ports.transport.close(ending)
    this.#ports.onEnd(this, ending)
  }

  #pass(item: LiveItem): void {
    const { transport, onSent } = this.#ports
    if (item.id <= this.#cursor || !this.mayStay()) return
    transport.send(item)
    this.#cursor = item.id
    this.#sent += 1
    onSent()
    if (transport.unsentBytes > MAX_UNSENT_BYTES) this.end('slow')
  }

  /** Nothing between it and the last one was missed, as far as the announcement tells. */
  #isNext({ previousId }: LiveItem): boolean {
    return previousId === undefined || previousId <= this.#cursor
  }

  /** Passes on as fast as the client reads. False when the connection has ended. */
  async #passSteadily(item: LiveItem): Promise<boolean> {
    const { transport } = this.#ports
    this.#pass(item)
    if (this.ended === undefined && transport.clogged) await transport.drained()
    return this.ended === undefined
  }

  async #passMissed(read: readonly LiveItem[] | undefined): Promise<void> {
    const { missed, token } = this.#ports
    let page = read ?? (await missed.after(this.#cursor, token))
    for (;;) {
      for (const item of page) if (!(await this.#passSteadily(item))) return
      if (page.length < PAGE_SIZE || this.ended !== undefined) return
      page = await missed.after(this.#cursor, token)
    }
  }

  async #passWaiting(): Promise<void> {
    for (let item = this.#waiting.shift(); item; item = this.#waiting.shift()) {
      if (!this.#isNext(item)) return this.readAgain(0)
      if (!(await this.#passSteadily(item))) return
    }
  }

  /** Reading came to its end: from now on announcements are enough but for a look now and then, or it is done again soon. */
  #plan(): void {
    const { feed, pollMs, recheckMs } = this.#ports
    if (this.ended !== undefined) return
    this.#complete = feed.live && this.#readFrom >= feed.trustedFrom
    const now = performance.now()
    if (feed.live && !this.#complete) this.dueAt = Math.max(now, feed.trustedFrom)
    else this.dueAt = now + (this.#complete ? recheckMs : pollMs) * (0.5 + Math.random())
  }

  async #fail(error: unknown): Promise<void> {
    if (isAppError(error) && error.kind === 'unauthenticated') return this.end('revoked')
    // It was a look now and then, and nothing is known to be missing.
    if (this.#complete) await this.#passWaiting()
    if (this.ended !== undefined) return
    if (this.#complete) return this.#plan()
    this.#waiting = []
    this.#failures += 1
    this.dueAt = performance.now() + backoff(this.#failures, MAX_BACKOFF_MS)
  }

  /** Something is there that can't be passed on yet. After a failure the next attempt keeps its time. */
  #soon(): void {
    this.#complete = false
    if (this.#failures === 0) this.dueAt = 0
  }
}
