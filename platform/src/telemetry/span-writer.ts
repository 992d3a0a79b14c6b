import { Agent, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import { log } from './log.ts'
import { SCOPE, telemetry } from './settings.ts'
import type { SpanNote } from './span-note.ts'
import { encodeAttributes } from './span-shape.ts'
import { settleSpans } from './trace-pipeline.ts'
import type { SpanSink } from './trace-pipeline.ts'

const CHUNK_BYTES = 256 * 1_024
const SEND_EVERY_MS = 1_000
const TIMEOUT_MS = 5_000
const ATTEMPTS = 4
const FIRST_RETRY_MS = 500
const RETRYABLE = new Set([429, 502, 503, 504])
const TAIL = ']}]}]}'
const MICROSECONDS = Array.from({ length: 1_000 }, (_, micros) => `${String(micros).padStart(3, '0')}000`)
let wholeAt = 0
let whole = '0'

/** Milliseconds as the decimal digits of nanoseconds, which a number cannot hold; to the microsecond, as it can. */
const nanoseconds = (ms: number): string => {
  const at = Math.trunc(ms)
  if (at !== wholeAt) {
    wholeAt = at
    whole = String(at)
  }
  return whole + (MICROSECONDS[Math.trunc((ms - at) * 1_000)] as string)
}

const statusOf = (note: SpanNote): string =>
  note.error === undefined ? '{"code":0}' : `{"code":2,"message":${JSON.stringify(note.failure)}}`

const attributesOf = ({ shape, own }: SpanNote): string => {
  const { encodedAttributes } = shape
  if (own === undefined) return encodedAttributes
  return encodedAttributes === '' ? encodeAttributes(own) : `${encodedAttributes},${encodeAttributes(own)}`
}

/** One span as OTLP's JSON mapping has it (opentelemetry-proto, trace/v1). */
export const encodeSpan = (note: SpanNote): string => {
  const { parentSpanId } = note
  const parent = parentSpanId === undefined ? '' : `"parentSpanId":"${parentSpanId}",`
  return (
    `{"traceId":"${note.traceId}","spanId":"${note.spanId}",${parent}${note.shape.head},` +
    `"startTimeUnixNano":"${nanoseconds(note.startedAt)}","endTimeUnixNano":"${nanoseconds(note.endedAt)}",` +
    `"attributes":[${attributesOf(note)}],"status":${statusOf(note)}}`
  )
}

const headOf = (): string =>
  `{"resourceSpans":[{"resource":{"attributes":[${encodeAttributes(telemetry.resource.attributes)}]},` +
  `"scopeSpans":[{"scope":${JSON.stringify(SCOPE)},"spans":[`

type Batch = { readonly body: Buffer; readonly spans: number }
type Target = { readonly url: string; readonly headers: Readonly<Record<string, string>> }

/** Resolves with the status of the answer; rejects when there was none. */
const post = ({ url, headers }: Target, agent: Agent | undefined, body: Buffer): Promise<number> =>
  new Promise((resolve, reject) => {
    const send = agent ? request : requestTls
    const outgoing = send(url, {
      method: 'POST',
      timeout: TIMEOUT_MS,
      ...(agent && { agent }),
      headers: { ...headers, 'content-type': 'application/json', 'content-length': body.length },
    })
    outgoing.once('response', (response) => {
      response.resume()
      response.once('close', () => resolve(response.statusCode ?? 0))
    })
    outgoing.once('timeout', () => outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
    outgoing.once('error', reject)
    outgoing.end(body)
  })

/**
 * Sends notes as OTLP over HTTP in JSON. A span is encoded at once into a buffer: what waits to be sent is bytes and not
 * objects, which the garbage collector would carry along for a second. The SDK's batch processor, transformer and
 * exporter in its place keep one for each span. A batch goes out every second or when 256 kB are full, is
 * tried four times, and the bound on what waits is that of `exportSpans`.
 */
export const createSpanWriter = (target: Target): SpanSink => {
  const agent = target.url.startsWith('https:') ? undefined : new Agent({ keepAlive: true, maxSockets: 1 })
  const head = headOf()
  const limit = CHUNK_BYTES - TAIL.length
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  let length = 0
  let spans = 0
  let timer: NodeJS.Timeout | undefined
  let failing = false
  let sending: Promise<void> = Promise.resolve()

  const deliver = async ({ body, spans: count }: Batch): Promise<void> => {
    let cause: unknown
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      try {
        const status = await post(target, agent, body)
        if (status < 300) {
          failing = false
          return settleSpans('ok', count)
        }
        cause = `HTTP ${status}`
        if (!RETRYABLE.has(status)) break
      } catch (error) {
        cause = error
      }
      if (attempt < ATTEMPTS)
        await pause(FIRST_RETRY_MS * 2 ** attempt * (0.5 + Math.random() / 2), undefined, { ref: false })
    }
    if (!failing) log.warn('spans cannot be exported', { 'event.action': 'telemetry.export-failed' }, cause)
    failing = true
    settleSpans('failed', count)
  }

  const seal = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (spans === 0) return
    length += chunk.write(TAIL, length, 'latin1')
    const batch = { body: chunk.subarray(0, length), spans }
    sending = sending.then(() => deliver(batch))
    chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    length = 0
    spans = 0
  }

  const fits = (text: string): boolean => (head.length + text.length) * 3 <= limit

  /** `text` fits into an empty buffer. */
  const append = (text: string, count: number): void => {
    if (length + (text.length + 1) * 3 > limit) seal()
    length += chunk.write(spans === 0 ? head + text : `,${text}`, length, 'utf8')
    spans += count
    timer ??= setTimeout(seal, SEND_EVERY_MS).unref()
  }

  const flush = async (): Promise<void> => {
    seal()
    await sending
  }

  return {
    take: (notes) => {
      const texts = notes.map(encodeSpan)
      const together = texts.join(',')
      if (fits(together)) return append(together, texts.length)
      for (const text of texts) {
        if (fits(text)) append(text, 1)
        else settleSpans('failed', 1)
      }
    },
    flush,
  }
}
