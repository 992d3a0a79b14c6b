import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Settings } from '../local/settings.ts'

/** How long ago a component last got something, and what that was; undefined when it has nothing yet. */
export type Seen = { secondsAgo: number | undefined; what: string }
export type Check = {
  /** Of the part in the run's state. */
  name: string
  /** Throws when the component does not answer. */
  look: () => Promise<Seen>
  /** Data older than this is no life. Undefined: it need not come at all on a quiet system. */
  freshWithinSeconds?: number
}

const getJson = async (url: string): Promise<unknown> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) })
  const text = await response.text()
  if (!response.ok) throw new Error(`answers ${response.status} ${text.slice(0, 120)}`)
  return JSON.parse(text)
}

const ago = (seconds: number | undefined): number | undefined =>
  seconds === undefined || Number.isNaN(seconds) ? undefined : Math.max(0, Date.now() / 1000 - seconds)

type Vector = { data: { result: { value: [number, string] }[] } }

const at = (port: number): string => `http://127.0.0.1:${port}`

/** The value of an instant query of one series, or undefined when there is none. */
const promValue = async (prometheus: string, query: string): Promise<number | undefined> => {
  const answer = (await getJson(`${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`)) as Vector
  const value = answer.data.result[0]?.value[1]
  return value === undefined ? undefined : Number(value)
}

const scraped =
  (prometheus: string, service: string, what: string): (() => Promise<Seen>) =>
  async () => {
    const up = await promValue(prometheus, `min(up{service="${service}"})`)
    if (up !== 1) throw new Error(up === undefined ? 'Prometheus does not scrape it' : 'its scrape fails')
    return { secondsAgo: ago(await promValue(prometheus, `max(timestamp(up{service="${service}"}))`)), what }
  }

type Streams = { data: { result: { values: [string, string][] }[] } }

const lastLine = (loki: string) => async (): Promise<Seen> => {
  const params = new URLSearchParams({ query: '{service_name=~".+"}', limit: '1', since: '24h', direction: 'backward' })
  const answer = (await getJson(`${loki}/loki/api/v1/query_range?${params.toString()}`)) as Streams
  const nanoseconds = answer.data.result.flatMap(({ values }) => values.map(([time]) => Number(time)))
  return { secondsAgo: nanoseconds.length === 0 ? undefined : ago(Math.max(...nanoseconds) / 1e9), what: 'a log line' }
}

type Hits = { hits: { hits: { _source: { '@timestamp': string } }[] } }

const lastDocument = (elasticsearch: string) => async (): Promise<Seen> => {
  const query = 'size=1&sort=@timestamp:desc&ignore_unavailable=true'
  const answer = (await getJson(`${elasticsearch}/logs-pharos-*/_search?${query}`)) as Hits
  const time = answer.hits.hits[0]?._source['@timestamp']
  return { secondsAgo: time === undefined ? undefined : ago(Date.parse(time) / 1000), what: 'a log line' }
}

type Traces = { traces?: { startTimeUnixNano: string }[] }

// A search answers some of the traces of its time, not the latest: so of the last minutes first.
const lastTrace = (tempo: string) => async (): Promise<Seen> => {
  const end = Math.ceil(Date.now() / 1000)
  for (const seconds of [60, 600, 86_400]) {
    const answer = (await getJson(`${tempo}/api/search?limit=50&start=${end - seconds}&end=${end}`)) as Traces
    const times = (answer.traces ?? []).map(({ startTimeUnixNano: time }) => Number(time) / 1e9)
    if (times.length > 0) return { secondsAgo: ago(Math.max(...times)), what: 'a trace' }
  }
  return { secondsAgo: undefined, what: 'a trace' }
}

const lastWatchdog = (prometheus: string, oncall: string) => async (): Promise<Seen> => {
  await fetch(`${oncall}/healthz`, { signal: AbortSignal.timeout(2000) })
  const time = await promValue(prometheus, 'oncall_last_watchdog_timestamp_seconds > 0')
  return { secondsAgo: ago(time), what: 'the watchdog' }
}

const lastWritten = (file: string) => async (): Promise<Seen> => {
  const changed = await stat(file).then(
    ({ mtimeMs }) => mtimeMs / 1000,
    () => undefined,
  )
  return { secondsAgo: ago(changed), what: 'an error event' }
}

const answers = (url: string, what: string) => async (): Promise<Seen> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) })
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`answers ${response.status}`)
  return { secondsAgo: 0, what }
}

/** What can be asked of each component of the ops stack. */
export const checksOf = ({ ports, backEnds, home }: Settings): Check[] => {
  const prometheus = at(ports.PROMETHEUS)
  const scrape = (name: string, service = name): Check => ({
    name,
    look: scraped(prometheus, service, 'a scrape'),
    freshWithinSeconds: 20,
  })
  return [
    scrape('prometheus'),
    scrape('alertmanager'),
    { name: 'oncall', look: lastWatchdog(prometheus, at(ports.ONCALL)), freshWithinSeconds: 300 },
    { name: 'spool', look: lastWritten(join(home, 'telemetry/errors.jsonl')) },
    { name: 'bugsink', look: answers(`${at(ports.BUGSINK)}/health/ready`, 'an answer') },
    scrape('postgres-exporter', 'postgres'),
    scrape('redis-exporter', 'redis'),
    scrape('node-exporter', 'host'),
    { name: 'blackbox-exporter', look: scraped(prometheus, 'gateway', 'a probe'), freshWithinSeconds: 20 },
    {
      name: 'elasticsearch',
      look: lastDocument(backEnds.elasticsearch ?? at(ports.ELASTICSEARCH)),
      freshWithinSeconds: 60,
    },
    scrape('elasticsearch-exporter', 'elasticsearch'),
    { name: 'loki', look: lastLine(backEnds.loki ?? at(ports.LOKI)), freshWithinSeconds: 60 },
    { name: 'tempo', look: lastTrace(backEnds.tempo?.url ?? at(ports.TEMPO)), freshWithinSeconds: 60 },
    scrape('collector'),
    { name: 'grafana', look: answers(`${at(ports.GRAFANA)}/api/health`, 'an answer') },
  ]
}
