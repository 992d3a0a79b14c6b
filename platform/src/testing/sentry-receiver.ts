import { startReceiver, waitUntil } from './receiving.ts'

/** What an error event says, in short. `raw` is the event as it was sent. */
export type ReceivedErrorEvent = {
  readonly eventId: string
  readonly level: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly traceId: string | undefined
  readonly spanId: string | undefined
  /** The outermost exception; what caused it comes with `raw`. */
  readonly exception: { readonly type: string | undefined; readonly value: string | undefined } | undefined
  readonly release: string | undefined
  readonly environment: string | undefined
  readonly raw: Readonly<Record<string, unknown>>
}

/** A real server for the Sentry protocol that remembers everything it was sent. */
export type SentryReceiver = AsyncDisposable & {
  /** For `SENTRY_DSN`. */
  readonly dsn: string
  readonly events: readonly ReceivedErrorEvent[]
  /** The envelopes as they were sent, unzipped, to search in. */
  readonly bodies: readonly string[]
  waitFor<R>(
    find: (events: readonly ReceivedErrorEvent[]) => R | undefined,
    wanted: string,
    timeoutMs?: number,
  ): Promise<R>
}

type WireException = { readonly type?: string; readonly value?: string }
type WireEvent = {
  readonly event_id?: string
  readonly level?: string
  readonly tags?: Record<string, string>
  readonly contexts?: { readonly trace?: { readonly trace_id?: string; readonly span_id?: string } }
  readonly exception?: { readonly values?: readonly WireException[] }
  readonly release?: string
  readonly environment?: string
}

const INGEST = /^\/api\/[^/]+\/envelope\/?(\?|$)/

/** The items of an envelope: a header line, then pairs of an item's header line and its payload. */
const itemsOfEnvelope = (body: Buffer): { readonly type: string; readonly payload: string }[] => {
  const items: { type: string; payload: string }[] = []
  let at = body.indexOf('\n') + 1
  while (at > 0 && at < body.length) {
    const end = body.indexOf('\n', at)
    if (end === -1) break
    const line = body.toString('utf8', at, end)
    at = end + 1
    if (line === '') continue
    const header = JSON.parse(line) as { type?: string; length?: number }
    const lineEnd = body.indexOf('\n', at)
    const payloadEnd = header.length === undefined ? (lineEnd === -1 ? body.length : lineEnd) : at + header.length
    items.push({ type: header.type ?? '', payload: body.toString('utf8', at, payloadEnd) })
    at = payloadEnd + 1
  }
  return items
}

/** The linked errors are sent from the innermost to the outermost, which is the one that was captured. */
const receivedEvent = (event: WireEvent): ReceivedErrorEvent => {
  const outermost = event.exception?.values?.at(-1)
  return {
    eventId: event.event_id ?? '',
    level: event.level,
    tags: event.tags ?? {},
    traceId: event.contexts?.trace?.trace_id,
    spanId: event.contexts?.trace?.span_id,
    exception: outermost && { type: outermost.type, value: outermost.value },
    release: event.release,
    environment: event.environment,
    raw: event,
  }
}

/** Starts a receiver of the Sentry protocol on a free port. */
export const startSentryReceiver = async (): Promise<SentryReceiver> => {
  const events: ReceivedErrorEvent[] = []
  const bodies: string[] = []
  const server = await startReceiver((path, body) => {
    if (!INGEST.test(path)) return
    bodies.push(body.toString())
    for (const { type, payload } of itemsOfEnvelope(body)) {
      if (type === 'event') events.push(receivedEvent(JSON.parse(payload) as WireEvent))
    }
  })
  return {
    dsn: `http://pharos@127.0.0.1:${server.port}/1`,
    events,
    bodies,
    waitFor: (find, wanted, timeoutMs) => waitUntil(() => find(events), wanted, timeoutMs),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
