import type { ReceivedSpan } from '@pharos/platform/telemetry/otlp-json'

/**
 * Who reached whom in a trace: `gateway→posts` is a call, `posts⇒pharos.posts.v1` a message that was sent,
 * `posts⇒pharos.posts.v1⇒relations` the same message in the hands of somebody.
 */
export type Shape = {
  services: ReadonlySet<string>
  edges: ReadonlySet<string>
  /** Names of spans whose parent is not in the trace, but for the one that the caller's own span is the parent of. */
  strays: readonly string[]
  /** Whether the gateway has continued the caller's own span, once. */
  continues: boolean
}

const destinationOf = ({ attributes }: ReceivedSpan): string => String(attributes['messaging.destination.name'] ?? '?')

const edgeInto = (span: ReceivedSpan, parent: ReceivedSpan): string | undefined => {
  if (span.kind === 'consumer') return `${parent.service}⇒${destinationOf(span)}⇒${span.service}`
  return parent.service === span.service ? undefined : `${parent.service}→${span.service}`
}

/** The shape of a trace whose caller was the span `callerSpanId`. */
export const shapeOf = (spans: readonly ReceivedSpan[], callerSpanId: string): Shape => {
  const known = new Map(spans.map((span) => [span.spanId, span]))
  const edges = new Set<string>()
  const strays: string[] = []
  let entries = 0
  for (const span of spans) {
    if (span.kind === 'producer') edges.add(`${span.service}⇒${destinationOf(span)}`)
    const parent = known.get(span.parentSpanId ?? '')
    const edge = parent && edgeInto(span, parent)
    if (edge !== undefined) edges.add(edge)
    if (parent !== undefined) continue
    if (span.parentSpanId === callerSpanId && span.service === 'gateway' && span.kind === 'server') entries += 1
    else strays.push(`${span.name} of ${span.service}`)
  }
  return { services: new Set(spans.map(({ service }) => service)), edges, strays, continues: entries === 1 }
}
