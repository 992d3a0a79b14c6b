export type SpanKindName = 'internal' | 'server' | 'client' | 'producer' | 'consumer'
export type SpanAttributeValue = string | number | boolean | readonly unknown[]

/** A span as people think of it. Times are milliseconds since the epoch, to the microsecond. */
export type ReceivedSpan = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  readonly kind: SpanKindName
  readonly service: string
  readonly attributes: Readonly<Record<string, SpanAttributeValue>>
  readonly status: 'unset' | 'ok' | 'error'
  readonly statusMessage: string | undefined
  readonly start: number
  readonly end: number
  /** Spans that caused this one without being its parent, as in a batch of messages. */
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
}

type AnyValue = {
  readonly stringValue?: string
  readonly intValue?: string | number
  readonly doubleValue?: number
  readonly boolValue?: boolean
  readonly arrayValue?: { readonly values?: readonly AnyValue[] }
}
type KeyValue = { readonly key: string; readonly value?: AnyValue }
type WireSpan = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name?: string
  readonly kind?: number | string
  readonly startTimeUnixNano?: string | number
  readonly endTimeUnixNano?: string | number
  readonly attributes?: readonly KeyValue[]
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly status?: { readonly code?: number | string; readonly message?: string }
}
type ScopeSpans = { readonly spans?: readonly WireSpan[] }
type ResourceSpans = {
  readonly resource?: { readonly attributes?: readonly KeyValue[] }
  readonly scopeSpans?: readonly ScopeSpans[]
}

const KINDS: readonly SpanKindName[] = ['internal', 'internal', 'server', 'client', 'producer', 'consumer']
const STATUSES = ['unset', 'ok', 'error'] as const

const plainValue = (value: AnyValue | undefined): SpanAttributeValue => {
  if (value?.intValue !== undefined) return Number(value.intValue)
  if (value?.arrayValue) return (value.arrayValue.values ?? []).map(plainValue)
  return value?.stringValue ?? value?.doubleValue ?? value?.boolValue ?? ''
}

const plainAttributes = (attributes: readonly KeyValue[] = []): Record<string, SpanAttributeValue> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]))

// Protobuf's JSON mapping allows the number of an enum value and its name.
const kindOf = (kind: number | string = 0): SpanKindName =>
  typeof kind === 'number'
    ? (KINDS[kind] ?? 'internal')
    : (kind.replace('SPAN_KIND_', '').toLowerCase() as SpanKindName)

const statusOf = (code: number | string = 0): ReceivedSpan['status'] =>
  typeof code === 'number'
    ? (STATUSES[code] ?? 'unset')
    : (code.replace('STATUS_CODE_', '').toLowerCase() as ReceivedSpan['status'])

const milliseconds = (nanoseconds: string | number = 0): number => Number(BigInt(nanoseconds) / 1_000n) / 1_000

const received = (span: WireSpan, service: string): ReceivedSpan => ({
  traceId: span.traceId.toLowerCase(),
  spanId: span.spanId.toLowerCase(),
  parentSpanId: span.parentSpanId ? span.parentSpanId.toLowerCase() : undefined,
  name: span.name ?? '',
  kind: kindOf(span.kind),
  service,
  attributes: plainAttributes(span.attributes),
  status: statusOf(span.status?.code),
  statusMessage: span.status?.message || undefined,
  start: milliseconds(span.startTimeUnixNano),
  end: milliseconds(span.endTimeUnixNano),
  links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
})

/**
 * The spans of one OTLP/JSON `ExportTraceServiceRequest`: what exporters send to `/v1/traces`, and what the collector's
 * file exporter writes as one line. Ids are lower-case hex. A body of another shape gives no spans.
 */
export const spansOfExport = (body: unknown): ReceivedSpan[] => {
  const { resourceSpans } = (body ?? {}) as { readonly resourceSpans?: readonly ResourceSpans[] }
  return (resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const service = String(plainAttributes(resource?.attributes)['service.name'] ?? 'unknown')
    return (scopeSpans ?? []).flatMap(({ spans }) => (spans ?? []).map((span) => received(span, service)))
  })
}
