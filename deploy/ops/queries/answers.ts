/** A line of numbers over time, or one number at one moment. Seconds since 1970; what is not a number is left out. */
export type Series = { labels: Readonly<Record<string, string>>; points: readonly (readonly [number, number])[] }

/** A line of log, from whichever store. */
export type LogLine = {
  atMs: number
  level: string
  service: string
  message: string
  fields: Readonly<Record<string, string>>
}

/** A trace as a search finds it. */
export type FoundTrace = { id: string; service: string; name: string; startMs: number; durationMs: number }

/** A part of a trace. */
export type Span = {
  id: string
  parent: string
  service: string
  name: string
  startMs: number
  durationMs: number
  failed: boolean
}

/** One that calls, one that is called: how often, how often in vain, and how long it took on average. */
export type Edge = { client: string; server: string; calls: number; failed: number; seconds: number }

/** What a store has answered. */
export type Answer =
  | { kind: 'series'; series: readonly Series[] }
  | { kind: 'lines'; lines: readonly LogLine[] }
  | { kind: 'traces'; traces: readonly FoundTrace[] }
  | { kind: 'spans'; spans: readonly Span[] }
  | { kind: 'edges'; edges: readonly Edge[] }

/** How much is in an answer: numbers, lines, traces, spans or edges. */
export const amountOf = (answer: Answer): number => {
  switch (answer.kind) {
    case 'series':
      return answer.series.reduce((sum, { points }) => sum + points.length, 0)
    case 'lines':
      return answer.lines.length
    case 'traces':
      return answer.traces.length
    case 'spans':
      return answer.spans.length
    case 'edges':
      return answer.edges.length
    default:
      return answer satisfies never
  }
}

type Result = {
  metric?: Record<string, string>
  stream?: Record<string, string>
  value?: [number, string]
  values?: [number | string, string][]
}
export type Matrix = { data: { resultType: string; result: Result[] } }

// A division by nothing is an answer without a number.
const pointOf = ([at, text]: readonly [number | string, string]): [number, number][] =>
  text === 'NaN' ? [] : [[Number(at), Number(text.replace('Inf', 'Infinity'))]]

/** What Prometheus answers, and Loki to a query of numbers. */
export const seriesIn = ({ data }: Matrix): Series[] =>
  data.result.map(({ metric = {}, value, values }) => ({
    labels: metric,
    points: (values ?? (value === undefined ? [] : [value])).flatMap(pointOf),
  }))

/** What Loki answers to a query of lines, newest first. */
export const linesInStreams = ({ data }: Matrix): LogLine[] =>
  data.result
    .flatMap(({ stream = {}, values = [] }) =>
      values.map(([at, message]) => ({
        // A number has no room for nanoseconds.
        atMs: Number(String(at).slice(0, -6)),
        level: stream['level'] ?? stream['detected_level'] ?? '',
        service: stream['service_name'] ?? '',
        message,
        fields: stream,
      })),
    )
    .toSorted((a, b) => b.atMs - a.atMs)

export type Hit = { _source: Record<string, unknown> }

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

/** Lines as Elasticsearch keeps them. */
export const linesInHits = (hits: readonly Hit[]): LogLine[] =>
  hits.map(({ _source: source }) => {
    const fields = Object.fromEntries(Object.entries(source).map(([name, value]) => [name, textOf(value)]))
    return {
      atMs: Date.parse(fields['@timestamp'] ?? ''),
      level: fields['log.level'] ?? '',
      service: fields['service.name'] ?? '',
      message: fields['message'] ?? '',
      fields,
    }
  })

export type Bucket = { key: string | number; doc_count: number; [name: string]: unknown }
type Aggregation = { buckets: Bucket[] }
export type BucketAgg = { id: string; type: string; field?: string | undefined }

const bucketsOf = (of: Readonly<Record<string, unknown>>, id: string): Bucket[] =>
  (of[id] as Aggregation | undefined)?.buckets ?? []

/** Counts as Elasticsearch answers nested groups: terms become labels, a histogram over dates the points. */
export const seriesInBuckets = (
  aggregations: Readonly<Record<string, unknown>>,
  [group, ...deeper]: readonly BucketAgg[],
  at: { to: number; labels: Readonly<Record<string, string>>; count: number },
): Series[] => {
  if (group === undefined) return [{ labels: at.labels, points: [[at.to, at.count]] }]
  const buckets = bucketsOf(aggregations, group.id)
  if (group.type === 'date_histogram') {
    return [
      { labels: at.labels, points: buckets.map(({ key, doc_count: count }): [number, number] => [+key / 1000, count]) },
    ]
  }
  return buckets.flatMap((bucket) =>
    seriesInBuckets(bucket, deeper, {
      to: at.to,
      labels: { ...at.labels, [group.field ?? group.id]: String(bucket.key) },
      count: bucket.doc_count,
    }),
  )
}
