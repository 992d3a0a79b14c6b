import { z } from 'zod'
import {
  linesInHits,
  linesInStreams,
  seriesIn,
  seriesInBuckets,
  type Answer,
  type BucketAgg,
  type Edge,
  type Hit,
  type Matrix,
} from './answers.ts'
import { askJson, search } from './ask-json.ts'
import { tempoAnswer, type TempoAnswer } from './traces.ts'

/** Where the stores of telemetry answer. */
export type BackEnds = { prometheus: string; loki: string; tempo: string; elasticsearch: string }

/** The span of time that is asked for, in seconds since 1970. */
export type Range = { from: number; to: number; stepSeconds: number }

const getJson = (url: string, body?: unknown): Promise<unknown> => askJson(z.unknown(), url, body)

/** Asks Prometheus about the last moment, or about the whole range. */
export const askPrometheus = async (url: string, expr: string, instant: boolean, range: Range): Promise<Answer> => {
  const { from, to, stepSeconds } = range
  const path = instant
    ? `query?${search({ query: expr, time: to })}`
    : `query_range?${search({ query: expr, start: from, end: to, step: stepSeconds })}`
  return { kind: 'series', series: seriesIn((await getJson(`${url}/api/v1/${path}`)) as Matrix) }
}

type Exemplars = {
  data: { exemplars: { labels: Record<string, string>; value: string; timestamp: number }[] }[]
}

/** A single request behind a graph of latency. */
export type Exemplar = { at: number; value: number; traceId: string }

/** The requests that Prometheus keeps as examples for the series of a query. */
export const askExemplars = async (url: string, expr: string, { from, to }: Range): Promise<Exemplar[]> => {
  const answer = await getJson(`${url}/api/v1/query_exemplars?${search({ query: expr, start: from, end: to })}`)
  return (answer as Exemplars).data
    .flatMap(({ exemplars }) => exemplars)
    .map(({ labels, value, timestamp }) => ({ at: timestamp, value: Number(value), traceId: labels['trace_id'] ?? '' }))
}

/** Asks Loki for lines or for numbers; which of them the query says itself. */
export const askLoki = async (url: string, expr: string, instant: boolean, range: Range): Promise<Answer> => {
  const { from, to, stepSeconds } = range
  const path = instant
    ? `query?${search({ query: expr, time: `${to}000000000` })}`
    : `query_range?${search({ query: expr, start: `${from}000000000`, end: `${to}000000000`, step: stepSeconds, limit: 100 })}`
  const answer = (await getJson(`${url}/loki/api/v1/${path}`)) as Matrix
  return answer.data.resultType === 'streams'
    ? { kind: 'lines', lines: linesInStreams(answer) }
    : { kind: 'series', series: seriesIn(answer) }
}

const TRACE_ID = /^[0-9a-f]{16,32}$/

/** Asks Tempo for traces, for numbers of a metrics query, or for the one trace whose bare id is given. */
export const askTempo = async (url: string, query: string, { from, to }: Range): Promise<Answer> => {
  const path = TRACE_ID.test(query)
    ? `traces/${query}`
    : /\|\s*(rate|count_over_time|quantile_over_time|histogram_over_time)\(/.test(query)
      ? `metrics/query_range?${search({ q: query, start: from, end: to, step: '30s' })}`
      : `search?${search({ q: query, start: from, end: to, limit: 20 })}`
  return tempoAnswer((await getJson(`${url}/api/${path}`)) as TempoAnswer)
}

/** Who calls whom, as the collector has counted it from spans over the range. */
export const askServiceMap = async (url: string, range: Range): Promise<Answer> => {
  const by = 'sum by (client, server)'
  const over = async (name: string): Promise<Map<string, number>> => {
    const expr = `${by} (increase(traces_service_graph_request_${name}[${range.to - range.from}s]))`
    const answer = await askPrometheus(url, expr, true, range)
    const series = answer.kind === 'series' ? answer.series : []
    return new Map(
      series.map(({ labels, points }) => [`${labels['client']}\n${labels['server']}`, points.at(-1)?.[1] ?? 0]),
    )
  }
  const calls = await over('total')
  const failed = await over('failed_total')
  const served = await over('server_seconds_sum')
  // A store tells nothing of itself; who waited for it does.
  const waited = await over('client_seconds_sum')
  const edges = [...calls].map(([key, count]): Edge => {
    const [client = '', server = ''] = key.split('\n')
    const sum = served.get(key) || waited.get(key) || 0
    return { client, server, calls: count, failed: failed.get(key) ?? 0, seconds: count === 0 ? 0 : sum / count }
  })
  return { kind: 'edges', edges }
}

type Found = { hits: { hits: Hit[] }; aggregations?: Record<string, unknown> }

const LINES = 100

// Grafana nests the groups in the order in which they stand.
const aggregationsOf = ([group, ...deeper]: readonly BucketAgg[], stepSeconds: number): object => {
  if (group === undefined) return {}
  const { id, type, field } = group
  const how =
    type === 'date_histogram' ? { field, fixed_interval: `${stepSeconds}s`, min_doc_count: 0 } : { field, size: 20 }
  return { aggs: { [id]: { [type]: how, ...aggregationsOf(deeper, stepSeconds) } } }
}

/** Asks Elasticsearch for the lines that a Lucene query finds, newest first, or for their number in groups. */
export const askElasticsearch = async (
  url: string,
  query: string,
  { from, to, stepSeconds }: Range,
  groups: readonly BucketAgg[] = [],
): Promise<Answer> => {
  const answer = (await getJson(`${url}/logs-pharos-*/_search?ignore_unavailable=true`, {
    size: groups.length === 0 ? LINES : 0,
    sort: [{ '@timestamp': 'desc' }],
    query: {
      bool: {
        filter: [
          { range: { '@timestamp': { gte: from * 1000, lte: to * 1000, format: 'epoch_millis' } } },
          { query_string: { query: query === '' ? '*' : query } },
        ],
      },
    },
    ...aggregationsOf(groups, stepSeconds),
  })) as Found
  return groups.length === 0
    ? { kind: 'lines', lines: linesInHits(answer.hits.hits) }
    : { kind: 'series', series: seriesInBuckets(answer.aggregations ?? {}, groups, { to, labels: {}, count: 0 }) }
}

/** The values of a label, as `label_values(<series>, <label>)` names them. */
export const labelValues = async (url: string, definition: string, { from, to }: Range): Promise<string[]> => {
  const [, series, label = ''] = /^label_values\((?:(.*),\s*)?(\w+)\)$/.exec(definition) ?? []
  const match = series === undefined ? {} : { 'match[]': series }
  const answer = (await getJson(
    `${url}/api/v1/label/${label}/values?${search({ ...match, start: from, end: to })}`,
  )) as {
    data: string[]
  }
  return answer.data
}

/** The values of a field, as Grafana's `{"find":"terms",…}` asks for them. */
export const fieldValues = async (url: string, definition: string): Promise<string[]> => {
  const { field, query } = JSON.parse(definition) as { field: string; query: string }
  const answer = (await getJson(`${url}/logs-pharos-*/_search?ignore_unavailable=true`, {
    size: 0,
    query: { query_string: { query } },
    aggs: { found: { terms: { field } } },
  })) as { aggregations?: { found: { buckets: { key: string }[] } } }
  return (answer.aggregations?.found.buckets ?? []).map(({ key }) => key)
}

type Lines = { hits: { hits: { _source: Record<'trace.id' | 'labels.correlation_id', string> }[] } }

/** The ids of a request of just now; both stores and the trace have it whole by then. */
export const latestRequest = async (url: string): Promise<{ traceId: string; correlationId: string }> => {
  const query = 'service.name:gateway AND http.request.method:POST AND @timestamp:[now-5m TO now-20s]'
  const answer = (await getJson(
    `${url}/logs-pharos-*/_search?${search({ size: 1, sort: '@timestamp:desc', q: query, ignore_unavailable: 'true' })}`,
  )) as Lines
  const line = answer.hits.hits[0]?._source
  if (line === undefined)
    throw new Error('Nobody has written anything in five minutes: let "npm run traffic" run beside.')
  return { traceId: line['trace.id'], correlationId: line['labels.correlation_id'] }
}

/** The ids of a request of that time that failed; undefined when none has. */
export const failedRequest = async (
  url: string,
  { from, to }: Range,
): Promise<{ traceId: string; correlationId: string } | undefined> => {
  const time = `@timestamp:[${from * 1000} TO ${to * 1000}]`
  const query = `service.name:gateway AND http.response.status_code:[500 TO 599] AND ${time}`
  const answer = (await getJson(
    `${url}/logs-pharos-*/_search?${search({ size: 1, sort: '@timestamp:desc', q: query, ignore_unavailable: 'true' })}`,
  )) as Lines
  const line = answer.hits.hits[0]?._source
  return line && { traceId: line['trace.id'], correlationId: line['labels.correlation_id'] }
}
