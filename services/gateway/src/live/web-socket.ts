import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { howOf } from './endings.ts'
import type { Ending } from './endings.ts'
import { drainOf } from './transport.ts'
import type { LiveItem, Transport } from './transport.ts'

/**
 * Clients have nothing to say; what they send is not read, and more than this between two beats is too much. Below the
 * 60 pings at which `ws` gives a client up without a word.
 */
const MAX_HEARD = 50
const FAREWELL_MS = 2_000

const withCorrelationId = ({ json, correlationId }: LiveItem): string =>
  correlationId === undefined ? json : `${json.slice(0, -1)},"correlation_id":${JSON.stringify(correlationId)}}`

/** Says good-bye, and waits two seconds for the client to say it too. */
export const closeSoon = (ws: WebSocket, code: number, text: string): void => {
  ws.close(code, text)
  setTimeout(() => ws.terminate(), FAREWELL_MS).unref()
}

type Client = {
  /** Answers the handshake; undefined when it can't be. */
  readonly accept: () => WebSocket | undefined
  readonly socket: Duplex
  readonly onGone: () => void
  /** It has sent too much, or what is no WebSocket frame. */
  readonly onMisuse: () => void
}

export class WebSocketTransport implements Transport {
  readonly kind = 'ws'
  readonly #client: Client
  #ws: WebSocket | undefined
  #alive = true
  #heard = 0

  constructor(client: Client) {
    this.#client = client
  }

  /** A client takes the end of the handshake for the beginning: nothing that happens from then on may be missed. */
  open(): void {
    const { accept, onGone, onMisuse } = this.#client
    const ws = accept()
    if (!ws) return onGone()
    const hear = (): void => {
      this.#heard += 1
      if (this.#heard > MAX_HEARD) onMisuse()
    }
    ws.on('message', hear)
    ws.on('ping', hear)
    ws.on('pong', () => {
      this.#alive = true
      hear()
    })
    ws.on('error', onMisuse)
    ws.on('close', onGone)
    this.#ws = ws
  }

  send(item: LiveItem): void {
    this.#ws?.send(withCorrelationId(item))
  }

  beat(): boolean {
    if (!this.#alive) return false
    this.#alive = false
    this.#heard = 0
    this.#ws?.ping()
    return true
  }

  get unsentBytes(): number {
    return this.#ws?.bufferedAmount ?? 0
  }

  get clogged(): boolean {
    return this.#client.socket.writableNeedDrain
  }

  drained(): Promise<void> {
    return drainOf(this.#client.socket)
  }

  close(ending: Ending): void {
    if (!this.#ws || ending === 'gone') return
    if (ending === 'silent') return this.#ws.terminate()
    const { code, text } = howOf(ending)
    closeSoon(this.#ws, code, text)
  }
}
