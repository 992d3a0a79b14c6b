import { spansOfExport, type ReceivedSpan } from '@pharos/platform/telemetry/otlp-json'
import { z } from 'zod'
import { askText } from '../../ops/queries/ask-json.ts'

const resourceSpans = z.array(z.unknown())
const answer = z.union([
  z.object({ batches: resourceSpans }),
  z.object({ resourceSpans }),
  z.object({ trace: z.object({ resourceSpans: resourceSpans.optional() }) }),
])

/** Tempo writes ids as base64, the protocol as hex. */
const hexOf = (id: string): string =>
  /^([0-9a-f]{16}|[0-9a-f]{32})$/i.test(id) ? id.toLowerCase() : Buffer.from(id, 'base64').toString('hex')

const ID_KEYS = new Set(['traceId', 'spanId', 'parentSpanId'])

const withHexIds = (text: string): unknown =>
  JSON.parse(text, (key, value: unknown) => (ID_KEYS.has(key) && typeof value === 'string' ? hexOf(value) : value))

const batchesOf = (value: unknown): unknown[] => {
  const body = answer.parse(value)
  if ('batches' in body) return body.batches
  if ('resourceSpans' in body) return body.resourceSpans
  return body.trace.resourceSpans ?? []
}

/** The spans in an answer of Tempo's API. @throws ZodError for a text of another shape */
export const spansOfAnswer = (text: string): ReceivedSpan[] =>
  spansOfExport({ resourceSpans: batchesOf(withHexIds(text)) })

/** A trace as Tempo answers it, or undefined while it does not know of it. */
export const traceText = (url: string, traceId: string): Promise<string | undefined> =>
  askText(`${url}/api/traces/${traceId}`)

/** The spans of a trace; none while Tempo does not know of it. */
export const traceSpans = async (url: string, traceId: string): Promise<ReceivedSpan[]> => {
  const text = await traceText(url, traceId)
  return text === undefined ? [] : spansOfAnswer(text)
}
