import { bucketAt, eventRate } from './expressions.ts'
import type { Pace } from './pace.ts'
import { routeGroups } from './routes.ts'
import type { Recording } from './rule.ts'
import type { ObjectiveName, Slo } from './slo.ts'

/** One promise: what share of what must be good. */
export type Indicator = {
  readonly slo: ObjectiveName
  readonly service: string
  readonly sli: string
  readonly target: number
  /** Of latency and freshness: what takes longer is bad. */
  readonly seconds?: number
}

/** Everything that slo.yaml promises, one by one. */
export const indicatorsOf = ({ objectives }: Slo): Indicator[] => {
  const { availability, latency, freshness, delivery } = objectives
  const groups = routeGroups()
  const services = [...new Set(groups.map(({ service }) => service))]
  return [
    ...services.map((service) => indicator('availability', service, 'requests', availability)),
    ...groups.flatMap(({ service, requestClass }) =>
      requestClass === 'streams' ? [] : [indicator('latency', service, requestClass, latency.classes[requestClass])],
    ),
    indicator('freshness', freshness.service, 'follows', freshness),
    ...delivery.services.map((service) => indicator('delivery', service, 'events', delivery)),
  ]
}

type Measure = { readonly target: number; readonly seconds?: number }

const indicator = (slo: ObjectiveName, service: string, sli: string, { target, seconds }: Measure): Indicator => ({
  slo,
  service,
  sli,
  target,
  ...(seconds !== undefined && { seconds }),
})

const REQUESTS = 'service_sli:gateway_requests:rate5m'
const AGE = 'messaging_event_age_seconds'
const HANDLED = 'messaging_process_duration_seconds_count'
const DELIVERED = 'service:events_delivered:rate5m'
const DEAD = 'service:events_dead:rate5m'

/** What has not happened yet has no series. */
const orNone = (series: string, all: string): string => `(${series} or 0 * ${all})`

/** Per objective, the events that count and those of them that were bad, per second. */
const pairOf = (slo: ObjectiveName, labels: Readonly<Record<string, string>>, events: string, bad: string) => [
  { record: 'slo:sli_events:rate5m', expr: events, labels: { slo, ...labels } },
  { record: 'slo:sli_bad:rate5m', expr: bad, labels: { slo, ...labels } },
]

export const indicatorRules = ({ objectives: { freshness } }: Slo, { lengthOf }: Pace): Recording[] => {
  const window = lengthOf('5m')
  const failures = orNone('service_sli:gateway_failures:rate5m', REQUESTS)
  const fast = orNone('service_sli:gateway_fast:rate5m', REQUESTS)
  const follows = `service="${freshness.service}",topic="${freshness.topic}",outcome="ok"`
  const inTime = eventRate([`${AGE}_bucket{${follows},${bucketAt(freshness.seconds)}}`], window)
  return [
    ...pairOf('availability', { sli: 'requests' }, `sum by (service) (${REQUESTS})`, `sum by (service) ${failures}`),
    ...pairOf(
      'latency',
      {},
      `${REQUESTS}{sli!="streams"} - ${failures}`,
      `clamp_min(slo:sli_events:rate5m{slo="latency"} - on (service, sli) ${fast}, 0)`,
    ),
    ...pairOf(
      'freshness',
      { service: freshness.service, sli: 'follows' },
      eventRate([`${AGE}_count{${follows}}`], window),
      `clamp_min(slo:sli_events:rate5m{slo="freshness"} - on () ${inTime}, 0)`,
    ),
    { record: DELIVERED, expr: eventRate([`${HANDLED}{outcome=~"ok|duplicate|dead"}`], window, 'service') },
    { record: DEAD, expr: eventRate([`${HANDLED}{outcome="dead"}`], window, 'service') },
    ...pairOf('delivery', { sli: 'events' }, DELIVERED, orNone(DEAD, DELIVERED)),
  ]
}

export const objectiveRules = (slo: Slo): Recording[] => [
  ...indicatorsOf(slo).map(({ target, slo: name, service, sli }) => ({
    record: 'slo:objective:ratio',
    expr: `vector(${target})`,
    labels: { slo: name, service, sli },
  })),
  { record: 'slo:error_budget:ratio', expr: '1 - slo:objective:ratio' },
]
