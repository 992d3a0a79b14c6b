import type { RequestHandler, Response } from 'express'
import { liveApi, lastEventId } from '@pharos/platform/contracts/http/live'
import { bearerOf } from '@pharos/platform/http/auth'
import type { Authenticator } from '@pharos/platform/http/auth'
import { detachRequest } from '@pharos/platform/http/scope'
import { validate } from '@pharos/platform/http/validate'
import { z } from 'zod'
import { howOf } from './endings.ts'
import type { Ending } from './endings.ts'
import type { Hub } from './hub.ts'
import { drainOf } from './transport.ts'
import type { LiveItem, Transport } from './transport.ts'

const FAREWELL_MS = 2_000
const BEAT = ': heartbeat\n\n'
const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
}

const resumeSchema = z.object({ 'last-event-id': lastEventId.optional() })

/** JSON has line breaks only between its parts, where a space does as well; in an event they would end the field. */
const oneLine = (json: string): string => (/[\r\n]/.test(json) ? json.replace(/[\r\n]+/g, ' ') : json)

class EventStream implements Transport {
  readonly kind = 'sse'
  readonly #res: Response
  #isOpen = false

  constructor(res: Response) {
    this.#res = res
  }

  open(): void {
    this.#isOpen = true
    this.#res.writeHead(200, HEADERS)
    this.#res.write('retry: 2000\n\n')
  }

  send({ id, json }: LiveItem): void {
    this.#res.write(`id: ${id}\nevent: notification\ndata: ${oneLine(json)}\n\n`)
  }

  beat(): boolean {
    this.#res.write(BEAT)
    return true
  }

  get unsentBytes(): number {
    return this.#res.writableLength
  }

  get clogged(): boolean {
    return this.#res.writableNeedDrain
  }

  drained(): Promise<void> {
    return drainOf(this.#res)
  }

  close(ending: Ending): void {
    if (!this.#isOpen || ending === 'gone') return
    if (ending === 'slow') return void this.#res.destroy()
    const { event, text } = howOf(ending)
    if (event !== undefined) this.#res.write(`event: ${event}\ndata: ${JSON.stringify({ message: text })}\n\n`)
    this.#res.end()
    // For a client that does not read.
    setTimeout(() => this.#res.destroy(), FAREWELL_MS).unref()
  }
}

/** Answers `GET /notification/stream`; the access token was looked at before, which is remembered. */
export const streamNotifications =
  ({ hub, authenticator }: { readonly hub: Hub; readonly authenticator: Authenticator }): RequestHandler =>
  async (req, res) => {
    const { authorization } = req.headers
    const identity = await authenticator.authenticate(authorization)
    const resume = validate(resumeSchema, { ...req.headers }, liveApi.streamNotifications)
    if (req.method === 'HEAD') return void res.writeHead(200, HEADERS).end()
    const connection = hub.join({ identity, token: bearerOf(authorization), transport: new EventStream(res) })
    res.once('close', () => connection.end('gone'))
    try {
      await connection.open(resume['last-event-id'])
    } catch (fault) {
      // A client that has left meanwhile is nobody's fault.
      if (res.destroyed) return
      throw fault
    }
    detachRequest(req, res)
  }
