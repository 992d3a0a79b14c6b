import type { ErrorReport, Findings, LogLine, Span } from './story.ts'

/** `missingParent`: the parent is known by its id only: lost, still on its way, or of somebody outside. */
export type TraceNode = {
  readonly span: Span
  readonly children: readonly TraceNode[]
  readonly missingParent: boolean
}

/** A message on its way. Without a consumer nobody has taken it (yet), without a producer its sending was not seen. */
export type Hop = {
  readonly producer: Span | undefined
  readonly consumer: Span | undefined
  /** From the end of the sending to the start of the handling, in milliseconds. */
  readonly ageMs: number | undefined
}

/** Everything known of one trace. */
export type TraceStory = {
  readonly traceId: string
  readonly correlationIds: readonly string[]
  readonly startMs: number
  readonly roots: readonly TraceNode[]
  readonly spanCount: number
  readonly hops: readonly Hop[]
  readonly lines: readonly LogLine[]
  readonly errors: readonly ErrorReport[]
}

const byStart = (a: Span, b: Span): number => a.start - b.start || b.end - a.end

/** Hangs every span below its parent; siblings by start. Spans whose parent is not among them are roots. */
export const assembleTree = (spans: readonly Span[]): TraceNode[] => {
  const known = new Set(spans.map(({ spanId }) => spanId))
  const childrenOf = new Map<string, Span[]>()
  const roots: Span[] = []
  for (const span of spans.toSorted(byStart)) {
    const { parentSpanId, spanId } = span
    if (parentSpanId === undefined || parentSpanId === spanId || !known.has(parentSpanId)) roots.push(span)
    else childrenOf.set(parentSpanId, [...(childrenOf.get(parentSpanId) ?? []), span])
  }
  const nodeOf = (span: Span, missingParent: boolean): TraceNode => ({
    span,
    missingParent,
    children: (childrenOf.get(span.spanId) ?? []).map((child) => nodeOf(child, false)),
  })
  return roots.map((span) => nodeOf(span, span.parentSpanId !== undefined))
}

const hopOf = (producer: Span | undefined, consumer: Span | undefined): Hop => ({
  producer,
  consumer,
  ageMs: producer && consumer && Math.max(0, consumer.start - producer.end),
})

/** Each consumer with the producer that is its parent or that it links to; then the producers that are left. */
export const findHops = (spans: readonly Span[]): Hop[] => {
  const producers = new Map(spans.filter(({ kind }) => kind === 'producer').map((span) => [span.spanId, span]))
  const taken = new Set<Span>()
  const hops = spans
    .filter(({ kind }) => kind === 'consumer')
    .map((consumer) => {
      const causes = [consumer.parentSpanId, ...consumer.links.map(({ spanId }) => spanId)]
      const producer = causes.map((id) => producers.get(id ?? '')).find((span) => span !== undefined)
      if (producer) taken.add(producer)
      return hopOf(producer, consumer)
    })
  const waiting = [...producers.values()].filter((span) => !taken.has(span)).map((span) => hopOf(span, undefined))
  const startOf = ({ producer, consumer }: Hop): number => (producer ?? consumer)?.start ?? 0
  return [...hops, ...waiting].toSorted((a, b) => startOf(a) - startOf(b))
}

const correlationIdsOf = (spans: readonly Span[], lines: readonly LogLine[]): string[] => {
  const ids = [
    ...spans.map(({ attributes }) => attributes['app.correlation_id']),
    ...lines.map(({ correlationId }) => correlationId),
  ]
  return [...new Set(ids.filter((id) => typeof id === 'string'))]
}

/** The story of one trace from what the sources found. */
export const tellTrace = (traceId: string, findings: Findings): TraceStory => {
  const spans = findings.spans.filter((span) => span.traceId === traceId)
  const lines = findings.lines.filter((line) => line.traceId === traceId).toSorted((a, b) => a.timeMs - b.timeMs)
  const errors = findings.errors.filter((error) => error.traceId === traceId).toSorted((a, b) => a.timeMs - b.timeMs)
  const starts = [...spans.map(({ start }) => start), ...(spans.length === 0 ? lines.map(({ timeMs }) => timeMs) : [])]
  return {
    traceId,
    correlationIds: correlationIdsOf(spans, lines),
    startMs: starts.reduce((first, start) => Math.min(first, start), starts[0] ?? errors[0]?.timeMs ?? 0),
    roots: assembleTree(spans),
    spanCount: spans.length,
    hops: findHops(spans),
    lines,
    errors,
  }
}

/** Whether every parent is there. Only the first root may have one outside: the caller's own span. */
export const isComplete = ({ roots }: TraceStory): boolean =>
  roots.length > 0 && roots.slice(1).every(({ missingParent }) => !missingParent)

/** The time of the last thing that happened in a trace, in milliseconds since the epoch. */
export const lastEventMs = ({ roots, lines }: TraceStory): number => {
  const endOf = ({ span, children }: TraceNode): number => Math.max(span.end, ...children.map(endOf))
  return Math.max(...roots.map(endOf), ...lines.map(({ timeMs }) => timeMs))
}

/** Time of a span that none of its children account for, in milliseconds. */
export const selfTimeMs = ({ span, children }: TraceNode): number => {
  let covered = 0
  let until = span.start
  for (const child of children.map((node) => node.span).toSorted(byStart)) {
    const start = Math.max(child.start, until)
    const end = Math.min(child.end, span.end)
    if (end > start) covered += end - start
    until = Math.max(until, end)
  }
  return Math.max(0, span.end - span.start - covered)
}
