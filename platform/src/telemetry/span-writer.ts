import { Agent, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import { log } from './log.ts'
import { scrub } from './scrub.ts'
import { SCOPE, telemetry } from './settings.ts'
import { SpanNote } from './span-note.ts'
import type { SpanNoteKind } from './span-note.ts'
import { settleSpans } from './trace-pipeline.ts'

const CHUNK_BYTES = 256 * 1_024
const SEND_EVERY_MS = 1_000
const TIMEOUT_MS = 5_000
const ATTEMPTS = 4
const FIRST_RETRY_MS = 500
const RETRYABLE = new Set([429, 502, 503, 504])
const TAIL = ']}]}]}'
const KINDS: Record<SpanNoteKind, number> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 }
const PLAIN = /^[ !#-[\]-~]*$/
/** OTLP's span flags: sampled (1), it is known whether the parent is remote (256), and it is (512). */
const LOCAL_PARENT = 257
const REMOTE_PARENT = 769
const flagsOf = ({ noteKind }: SpanNote): number =>
  noteKind === 'server' || noteKind === 'consumer' ? REMOTE_PARENT : LOCAL_PARENT

const keys = new Map<string, string>()
const keyOf = (name: string): string => {
  let text = keys.get(name)
  if (text === undefined) keys.set(name, (text = `{"key":${JSON.stringify(name)},"value":{"`))
  return text
}

const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text))

const attribute = (name: string, value: unknown): string => {
  const key = keyOf(name)
  if (typeof value === 'string') return `${key}stringValue":${quoted(value)}}}`
  if (typeof value === 'number') return `${key}${Number.isInteger(value) ? 'int' : 'double'}Value":${value}}}`
  return `${key}boolValue":${String(value)}}}`
}

const attributesOf = (attributes: Readonly<Record<string, unknown>>): string => {
  let text = ''
  for (const name in attributes) text += (text === '' ? '' : ',') + attribute(name, attributes[name])
  return text
}

/** Milliseconds as the decimal digits of nanoseconds, which a number cannot hold. */
const nanoseconds = (ms: number): string => {
  const whole = Math.trunc(ms)
  const rest = Math.round((ms - whole) * 1e6)
  return rest === 1e6 ? `${whole + 1}000000` : `${whole}${String(rest).padStart(6, '0')}`
}

const statusOf = ({ error, status }: SpanNote): string =>
  error === undefined ? '{"code":0}' : `{"code":2,"message":${JSON.stringify(scrub(status.message ?? ''))}}`

/** One span as OTLP's JSON mapping has it (opentelemetry-proto, trace/v1). */
export const encodeSpan = (note: SpanNote): string => {
  const { traceId, spanId, parentSpanId } = note
  const parent = parentSpanId === undefined ? '' : `"parentSpanId":"${parentSpanId}",`
  const times = `"startTimeUnixNano":"${nanoseconds(note.startedAt)}","endTimeUnixNano":"${nanoseconds(note.endedAt)}"`
  const name = `"name":${quoted(note.name)},"kind":${KINDS[note.noteKind]}`
  const facts = `"attributes":[${attributesOf(note.attributes)}],"status":${statusOf(note)},"flags":${flagsOf(note)}`
  return `{"traceId":"${traceId}","spanId":"${spanId}",${parent}${name},${times},${facts}}`
}

const headOf = (): string =>
  `{"resourceSpans":[{"resource":{"attributes":[${attributesOf(telemetry.resource.attributes)}]},` +
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
export const createSpanWriter = (target: Target): SpanProcessor => {
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

  const begin = (text: string): string => {
    if (length + text.length * 3 > limit) seal()
    return spans === 0 ? head + text : `,${text}`
  }

  const flush = async (): Promise<void> => {
    seal()
    await sending
  }

  return {
    onStart: () => {},
    onEnd: (span) => {
      if (!(span instanceof SpanNote)) return
      const text = begin(encodeSpan(span))
      if (length + text.length * 3 > limit) return settleSpans('failed', 1)
      length += chunk.write(text, length, 'utf8')
      spans += 1
      timer ??= setTimeout(seal, SEND_EVERY_MS).unref()
    },
    forceFlush: flush,
    shutdown: flush,
  }
}
