/** Where the stores of telemetry answer. */
export type BackEnds = { prometheus: string; loki: string; tempo: string; elasticsearch: string }

/** The span of time that is asked for, in seconds since 1970. */
export type Range = { from: number; to: number; stepSeconds: number }

const TIMEOUT_MS = 20_000

const getJson = async (url: string, body?: unknown): Promise<unknown> => {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 300)}`)
  return JSON.parse(text)
}

const search = (values: Record<string, string | number>): string =>
  new URLSearchParams(Object.entries(values).map(([name, value]): [string, string] => [name, String(value)])).toString()

type Result = { data: { result: { value?: [number, string]; values?: [number, string][] }[] } }

// A division by nothing is an answer without a number.
const numbersIn = ({ data }: Result): number =>
  data.result
    .flatMap(({ value, values }) => values ?? (value === undefined ? [] : [value]))
    .filter(([, n]) => n !== 'NaN').length

/** How many numbers Prometheus answers. */
export const askPrometheus = async (url: string, expr: string, instant: boolean, range: Range): Promise<number> => {
  const { from, to, stepSeconds } = range
  const path = instant
    ? `query?${search({ query: expr, time: to })}`
    : `query_range?${search({ query: expr, start: from, end: to, step: stepSeconds })}`
  return numbersIn((await getJson(`${url}/api/v1/${path}`)) as Result)
}

/** How many lines or numbers Loki answers. */
export const askLoki = async (url: string, expr: string, instant: boolean, range: Range): Promise<number> => {
  const { from, to, stepSeconds } = range
  const path = instant
    ? `query?${search({ query: expr, time: `${to}000000000` })}`
    : `query_range?${search({ query: expr, start: `${from}000000000`, end: `${to}000000000`, step: stepSeconds, limit: 100 })}`
  return numbersIn((await getJson(`${url}/loki/api/v1/${path}`)) as Result)
}

type Traces = { traces?: unknown[]; batches?: unknown[]; series?: unknown[] }

const TRACE_ID = /^[0-9a-f]{16,32}$/

/** How many traces (or, for a metrics query, series) Tempo answers; a bare id is looked up. */
export const askTempo = async (url: string, query: string, { from, to }: Range): Promise<number> => {
  const path = TRACE_ID.test(query)
    ? `traces/${query}`
    : /\|\s*(rate|count_over_time|quantile_over_time|histogram_over_time)\(/.test(query)
      ? `metrics/query_range?${search({ q: query, start: from, end: to, step: '30s' })}`
      : `search?${search({ q: query, start: from, end: to, limit: 20 })}`
  const { traces, batches, series } = (await getJson(`${url}/api/${path}`)) as Traces
  return (traces ?? batches ?? series ?? []).length
}

/** How many lines of log a Lucene query finds. */
export const askElasticsearch = async (url: string, query: string, { from, to }: Range): Promise<number> => {
  const answer = (await getJson(`${url}/logs-pharos-*/_search?ignore_unavailable=true`, {
    size: 0,
    track_total_hits: true,
    query: {
      bool: {
        filter: [
          { range: { '@timestamp': { gte: from * 1000, lte: to * 1000, format: 'epoch_millis' } } },
          { query_string: { query: query === '' ? '*' : query } },
        ],
      },
    },
  })) as { hits: { total: { value: number } } }
  return answer.hits.total.value
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
