import { ExportResultCode } from '@opentelemetry/core'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import type { SpanNote } from './span-note.ts'

/** Requests slower than this are kept at any sampling ratio. */
export const SLOW_MS = 1_000

/**
 * `notes`: the kit makes spans itself. `automatic`: the OpenTelemetry bundle does, and passes traces on by itself; with
 * neither, traces are only passed on. `enabled`: the kit's spans are exported.
 * `ratio`: share of traces that are sampled at their first hop, 0 to 1.
 */
export const tracing = { notes: false, automatic: false, enabled: false, ratio: 1, maxPending: 8_192 }

/** Where ended spans go. `flush` resolves when what was taken has been sent. */
export type SpanSink = { take(spans: readonly SpanNote[]): void; flush(): Promise<void> }

let sink: SpanSink | undefined
let pending = 0

/** Told of every span that left the queue; the process's metrics listen here. */
export const spanCounts = {
  exported: (_outcome: 'ok' | 'failed', _spans: number) => {},
  dropped: (_spans: number) => {},
}

/** The head decision of a new trace: the same id gives the same answer in every process. */
export const isTraceSampled = (traceId: string): boolean =>
  tracing.ratio >= 1 || (tracing.ratio > 0 && parseInt(traceId.slice(-8), 16) < tracing.ratio * 0x1_0000_0000)

/** Where ended spans go from now on. */
export const useSpanSink = (next: SpanSink): void => {
  sink = next
}

/** Queues spans for export; beyond the bound they are dropped and counted, and the request never waits. */
export const exportSpans = (spans: readonly SpanNote[]): void => {
  if (!sink) return
  if (pending + spans.length > tracing.maxPending) {
    spanCounts.dropped(spans.length)
    return
  }
  pending += spans.length
  sink.take(spans)
}

/** Spans have left the queue: counted by outcome, and room for others. */
export const settleSpans = (outcome: 'ok' | 'failed', spans: number): void => {
  pending = Math.max(0, pending - spans)
  spanCounts.exported(outcome, spans)
}

/** Wraps an exporter so that what leaves the queue is counted by its outcome. */
export const countingExporter = (exporter: SpanExporter): SpanExporter => ({
  export: (spans, done) =>
    exporter.export(spans, (result) => {
      settleSpans(result.code === ExportResultCode.FAILED ? 'failed' : 'ok', spans.length)
      done(result)
    }),
  shutdown: () => exporter.shutdown(),
  forceFlush: async () => exporter.forceFlush?.(),
})

/** Sends what is queued; used at the end of a process and by tests. */
export const flushSpans = async (): Promise<void> => sink?.flush()
