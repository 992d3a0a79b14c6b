import type { Answer, FoundTrace, Series, Span } from './answers.ts'

type Value = { stringValue?: string; intValue?: string | number; doubleValue?: number; boolValue?: boolean }
type Attribute = { key: string; value: Value }
type RawSpan = {
  spanId: string
  parentSpanId?: string
  name: string
  startTimeUnixNano: string
  endTimeUnixNano: string
  status?: { code?: string | number }
}
type Batch = {
  resource: { attributes?: Attribute[] }
  scopeSpans?: { spans: RawSpan[] }[]
}
type RawTrace = {
  traceID: string
  rootServiceName?: string
  rootTraceName?: string
  startTimeUnixNano?: string
  durationMs?: number
}
type RawSeries = { labels?: Attribute[]; samples?: { timestampMs: string; value?: number }[] }

/** What Tempo answers, whichever of its three ways was asked. */
export type TempoAnswer = { traces?: RawTrace[]; batches?: Batch[]; series?: RawSeries[] }

const valueOf = ({ stringValue, intValue, doubleValue, boolValue }: Value): string =>
  String(stringValue ?? intValue ?? doubleValue ?? boolValue ?? '')

// A number has no room for nanoseconds since 1970.
const milliseconds = (nanoseconds: string): number =>
  Number(nanoseconds.slice(0, -6)) + Number(nanoseconds.slice(-6)) / 1e6

const spansIn = (batches: readonly Batch[]): Span[] =>
  batches.flatMap(({ resource, scopeSpans = [] }) => {
    const name = resource.attributes?.find(({ key }) => key === 'service.name')
    const service = name === undefined ? '' : valueOf(name.value)
    return scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => {
        const startMs = milliseconds(span.startTimeUnixNano)
        return {
          id: span.spanId,
          parent: span.parentSpanId ?? '',
          service,
          name: span.name,
          startMs,
          durationMs: milliseconds(span.endTimeUnixNano) - startMs,
          failed: span.status?.code === 'STATUS_CODE_ERROR' || span.status?.code === 2,
        }
      })
  })

const tracesIn = (traces: readonly RawTrace[]): FoundTrace[] =>
  traces.map((trace) => ({
    id: trace.traceID,
    service: trace.rootServiceName ?? '',
    name: trace.rootTraceName ?? '',
    startMs: milliseconds(trace.startTimeUnixNano ?? '0'),
    durationMs: trace.durationMs ?? 0,
  }))

const seriesIn = (series: readonly RawSeries[]): Series[] =>
  series.map(({ labels = [], samples = [] }) => ({
    labels: Object.fromEntries(labels.map(({ key, value }) => [key, valueOf(value)])),
    points: samples.map(({ timestampMs, value = 0 }): [number, number] => [Number(timestampMs) / 1000, value]),
  }))

/** Reads what Tempo has answered to a search, to an id, or to a query of numbers. */
export const tempoAnswer = ({ traces, batches, series }: TempoAnswer): Answer => {
  if (batches !== undefined) return { kind: 'spans', spans: spansIn(batches) }
  if (series !== undefined) return { kind: 'series', series: seriesIn(series) }
  return { kind: 'traces', traces: tracesIn(traces ?? []) }
}
