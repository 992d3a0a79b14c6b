import { spansOfExport } from '../telemetry/otlp-json.ts'
import type { ReceivedSpan } from '../telemetry/otlp-json.ts'
import { startReceiver, waitUntil } from './receiving.ts'

/** A real server for OTLP/HTTP traces in JSON that remembers everything it was sent. */
export type OtlpReceiver = AsyncDisposable & {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string
  readonly spans: readonly ReceivedSpan[]
  /** The bodies as they were sent, to search in. */
  readonly bodies: readonly string[]
  /** By start. */
  spansOf(traceId: string): ReceivedSpan[]
  /** The traces whose spans carry this correlation id, by the start of their first span. */
  tracesOf(correlationId: string): string[]
  /** Resolves with what `find` gives once it is not undefined; `wanted` is named when the time is over. */
  waitFor<R>(find: (spans: readonly ReceivedSpan[]) => R | undefined, wanted: string, timeoutMs?: number): Promise<R>
  /**
   * A trace as lines `name@service`, indented by two spaces a level, siblings by start. Spans for which `keep` is
   * false are left out with everything below them.
   */
  treeOf(traceId: string, keep?: (span: ReceivedSpan) => boolean): string[]
}

const byStart = (a: ReceivedSpan, b: ReceivedSpan): number => a.start - b.start

/** Spans as lines `name@service`, each below its parent; a span whose parent is not among them is a root. */
const treeOfSpans = (spans: readonly ReceivedSpan[], keep: (span: ReceivedSpan) => boolean = () => true): string[] => {
  const known = new Set(spans.map(({ spanId }) => spanId))
  const sorted = spans.toSorted(byStart)
  const below = (parent: string | undefined, depth: number): string[] =>
    sorted
      .filter(({ parentSpanId }) =>
        parent === undefined ? parentSpanId === undefined || !known.has(parentSpanId) : parentSpanId === parent,
      )
      .filter(keep)
      .flatMap((span) => [`${'  '.repeat(depth)}${span.name}@${span.service}`, ...below(span.spanId, depth + 1)])
  return below(undefined, 0)
}

/** Starts an OTLP receiver on a free port. */
export const startOtlpReceiver = async (): Promise<OtlpReceiver> => {
  const spans: ReceivedSpan[] = []
  const bodies: string[] = []
  const server = await startReceiver((path, body) => {
    if (path !== '/v1/traces') return
    bodies.push(body.toString())
    spans.push(...spansOfExport(JSON.parse(body.toString())))
  })
  const spansOf = (traceId: string): ReceivedSpan[] =>
    spans.filter((span) => span.traceId === traceId).toSorted(byStart)
  return {
    url: `http://127.0.0.1:${server.port}`,
    spans,
    bodies,
    spansOf,
    tracesOf: (correlationId) => [
      ...new Set(
        spans
          .filter(({ attributes }) => attributes['app.correlation_id'] === correlationId)
          .toSorted(byStart)
          .map(({ traceId }) => traceId),
      ),
    ],
    waitFor: (find, wanted, timeoutMs) => waitUntil(() => find(spans), wanted, timeoutMs),
    treeOf: (traceId, keep) => treeOfSpans(spansOf(traceId), keep),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
