export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer'
export type SpanAttributes = Record<string, string | number | boolean>

const KINDS: Record<SpanKind, number> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 }
/** OTLP's span flags: sampled (1), it is known whether the parent is remote (256), and it is (512). */
const LOCAL_PARENT = 257
const REMOTE_PARENT = 769
const PLAIN = /^[ !#-[\]-~]*$/

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

/** Attributes as OTLP's JSON mapping has them, separated by commas (opentelemetry-proto, common/v1). */
export const encodeAttributes = (attributes: Readonly<Record<string, unknown>>): string => {
  let text = ''
  for (const name in attributes) text += (text === '' ? '' : ',') + attribute(name, attributes[name])
  return text
}

/**
 * What all spans of one operation have in common, encoded once: of one route and status, one statement, one topic. Make
 * it from closed sets only, and keep it; what differs from span to span belongs into the span.
 */
export class SpanShape {
  readonly name: string
  readonly kind: SpanKind
  readonly attributes: Readonly<SpanAttributes>
  /** The members `name`, `kind` and `flags` of the encoded span. */
  readonly head: string
  readonly encodedAttributes: string

  constructor(name: string, kind: SpanKind, attributes: Readonly<SpanAttributes> = {}) {
    this.name = name
    this.kind = kind
    this.attributes = attributes
    const flags = kind === 'server' || kind === 'consumer' ? REMOTE_PARENT : LOCAL_PARENT
    this.head = `"name":${JSON.stringify(name)},"kind":${KINDS[kind]},"flags":${flags}`
    this.encodedAttributes = encodeAttributes(attributes)
  }
}
