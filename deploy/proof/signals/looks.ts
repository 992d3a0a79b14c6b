import { API_PREFIX, type Operation } from '@pharos/platform/contracts/http/define'
import type { ServiceName } from '../../local/services.ts'
import type { Sent } from '../join/caller.ts'
import type { Live } from '../part.ts'
import { elasticsearchLines } from '../stores/elasticsearch.ts'
import { bugsinkErrors, spoolErrors } from '../stores/errors.ts'
import type { Window } from '../stores/line.ts'
import { lokiLines } from '../stores/loki.ts'
import type { StoreName } from '../stores/present.ts'
import { exemplarsOf, instantValue } from '../stores/prometheus.ts'
import { traceSpans } from '../stores/tempo.ts'

/** What a service emits, and where it must arrive. */
export const COLUMNS = [
  'traces',
  'metrics',
  'exemplars',
  'lines in Loki',
  'lines in Elasticsearch',
  'error events',
  'events in Bugsink',
] as const
export type Column = (typeof COLUMNS)[number]

/** The store that a column is read from, and whether a request that went well shows there, or one that failed. */
export const SOURCE: Readonly<Record<Column, { store: StoreName; of: 'well' | 'failing' }>> = {
  traces: { store: 'tempo', of: 'well' },
  metrics: { store: 'prometheus', of: 'well' },
  exemplars: { store: 'prometheus', of: 'well' },
  'lines in Loki': { store: 'loki', of: 'well' },
  'lines in Elasticsearch': { store: 'elasticsearch', of: 'well' },
  'error events': { store: 'spool', of: 'failing' },
  'events in Bugsink': { store: 'bugsink', of: 'failing' },
}

const DURATION = 'http_server_request_duration_seconds'
const MARGIN_MS = 5000

/** A sign of a request in a store: looking for it, again and again, says whether it has come. */
export type Look = () => Promise<boolean>

const windowOf = ({ sentMs }: Sent): Window => ({ fromMs: sentMs - MARGIN_MS, toMs: Date.now() + MARGIN_MS })

const labelsOf = (service: ServiceName, { paths, methods }: Operation, status: number | undefined): string => {
  const [route, method] = [`${API_PREFIX}${paths[0] ?? ''}`, (methods[0] ?? 'get').toUpperCase()]
  return `{service="${service}", method="${method}", route="${route}", status_code="${status ?? 0}"}`
}

/** The number of requests that Prometheus knows of: those of a service, on the route of an operation, answered alike. */
export const countedBy = async (
  { backEnds }: Live,
  service: ServiceName,
  operation: Operation,
  status: number,
): Promise<number> =>
  (await instantValue(backEnds.prometheus, `sum(${DURATION}_count${labelsOf(service, operation, status)})`)) ?? 0

/** The ways to look for a request of which a service had its part. `counted` is what Prometheus had counted before it. */
export const looksFor = (
  live: Live,
  service: ServiceName,
  o: { operation: Operation; sent: Sent; counted: number },
): Readonly<Record<Column, Look>> => {
  const { backEnds, settings } = live
  const { operation, sent, counted } = o
  const { traceId, correlationId } = sent
  const isOurs = (one: { service: string; traceId?: string | undefined }): boolean =>
    one.service === service && one.traceId === traceId
  return {
    traces: async () => (await traceSpans(backEnds.tempo, traceId)).some((span) => span.service === service),
    metrics: async () => {
      const labels = labelsOf(service, operation, sent.status)
      const scraped = await instantValue(backEnds.prometheus, `min(timestamp(${DURATION}_count${labels}))`)
      // A count that has grown may be of others; one that was scraped after the answer has ours in it.
      if (scraped === undefined || scraped * 1000 < sent.answeredMs) return false
      return (await countedBy(live, service, operation, sent.status ?? 0)) > counted
    },
    exemplars: async () => {
      const selector = `${DURATION}_bucket${labelsOf(service, operation, sent.status)}`
      return (await exemplarsOf(backEnds.prometheus, selector, windowOf(sent))).some(isOurs)
    },
    'lines in Loki': async () => (await lokiLines(backEnds.loki, correlationId, windowOf(sent))).some(isOurs),
    'lines in Elasticsearch': async () =>
      (await elasticsearchLines(backEnds.elasticsearch, correlationId, windowOf(sent))).some(isOurs),
    'error events': async () => (await spoolErrors(settings.home, correlationId)).some(isOurs),
    'events in Bugsink': async () => bugsinkErrors(settings.home, correlationId, sent.sentMs).some(isOurs),
  }
}
