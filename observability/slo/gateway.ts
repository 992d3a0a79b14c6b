import { bucketAt, eventRate, quickRate } from './expressions.ts'
import type { Pace } from './pace.ts'
import { matchersOf, routeGroups } from './routes.ts'
import type { Recording } from './rule.ts'
import type { Slo } from './slo.ts'

const METRIC = 'http_server_request_duration_seconds'
const FAILED = ',status_code=~"5.."'
const ANSWERED = ',status_code!~"5.."'

/** The gateway's series of each service and class of requests: their labels, and a way to select them. */
const selections = () => {
  const groups = routeGroups()
  return groups.map((group) => {
    const matchers = matchersOf(group, groups)
    return {
      requestClass: group.requestClass,
      labels: { service: group.service, sli: group.requestClass },
      select: (suffix: string, more = '') => matchers.map((matcher) => `${METRIC}${suffix}{${matcher}${more}}`),
    }
  })
}

/**
 * What the gateway answers for each service just now, for the symptoms: quick, and not exact. Two minutes say that it
 * matters, half a minute that it still goes on.
 */
export const recentRules = ({ lengthOf }: Pace): Recording[] =>
  selections().flatMap(({ requestClass, labels, select }) => {
    const sum = (window: string, more = '') => `sum(${quickRate(select('_count', more), lengthOf(window))})`
    const requests = [
      { record: 'service_sli:gateway_requests:rate2m', expr: sum('2m'), labels },
      { record: 'service_sli:gateway_failures:rate2m', expr: sum('2m', FAILED), labels },
      { record: 'service_sli:gateway_failures:rate30s', expr: sum('30s', FAILED), labels },
    ]
    if (requestClass === 'streams') return requests
    const buckets = quickRate(select('_bucket', ANSWERED), lengthOf('30s'))
    return [
      ...requests,
      {
        record: 'service_sli:gateway_latency_seconds:p99_30s',
        expr: `histogram_quantile(0.99, sum by (le) (${buckets}))`,
        labels,
      },
    ]
  })

/** The same for objectives: all requests, those that failed, those that were answered fast enough. */
export const exactRules = ({ objectives }: Slo, { lengthOf }: Pace): Recording[] => {
  const window = lengthOf('5m')
  return selections().flatMap(({ requestClass, labels, select }) => {
    const requests = [
      { record: 'service_sli:gateway_requests:rate5m', expr: eventRate(select('_count'), window), labels },
      { record: 'service_sli:gateway_failures:rate5m', expr: eventRate(select('_count', FAILED), window), labels },
    ]
    if (requestClass === 'streams') return requests
    const fast = select('_bucket', `${ANSWERED},${bucketAt(objectives.latency.classes[requestClass].seconds)}`)
    return [...requests, { record: 'service_sli:gateway_fast:rate5m', expr: eventRate(fast, window), labels }]
  })
}
