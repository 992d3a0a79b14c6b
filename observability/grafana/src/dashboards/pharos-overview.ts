import { dashboard, row } from '../dashboard.ts'
import { errorRatio, latency, quantile, rate, requests, requestsByStatus, share } from '../expressions.ts'
import { stateTimeline, timeseries } from '../graphs.ts'
import { columnOf, labelOf, toDashboard, toLogs, toRunbook, toService, toTraces } from '../links.ts'
import { prom, serviceMap } from '../queries.ts'
import { nodeGraph } from '../stories.ts'
import { table } from '../tables.ts'
import { stat } from '../tiles.ts'
import { runbooksVariable, windowVariable } from '../variables.ts'

const GATEWAY = 'service="gateway"'
const UP = { 0: ['no', 'red'], 1: ['yes', 'green'] } as const
const errorLimits = { warning: 0.01, critical: 0.05 }
const byService = { by: 'service' }

const users = row(
  'What users get',
  [
    stat({
      title: 'Requests',
      description: 'Answered by the gateway per second. A sudden fall is as bad as errors: nobody gets through.',
      unit: 'reqps',
      queries: [prom(requests({ where: GATEWAY }))],
    }),
    stat({
      title: 'Errors',
      description: 'Share of requests that the gateway answered 5xx.',
      unit: 'percentunit',
      decimals: 2,
      limits: errorLimits,
      queries: [prom(errorRatio({ where: GATEWAY }))],
      links: toLogs('gateway'),
    }),
    stat({
      title: 'Latency p50',
      description: 'Half of all requests at the gateway are quicker.',
      unit: 's',
      queries: [prom(latency(0.5, { where: GATEWAY }))],
    }),
    stat({
      title: 'Latency p95',
      description: 'One request in twenty at the gateway is slower.',
      unit: 's',
      limits: { warning: 0.3, critical: 1 },
      queries: [prom(latency(0.95, { where: GATEWAY }))],
      links: [toTraces('gateway')],
    }),
    stat({
      title: 'Latency p99',
      description: 'One request in a hundred at the gateway is slower. Hashing of passwords lives here.',
      unit: 's',
      limits: { warning: 0.8, critical: 2.5 },
      queries: [prom(latency(0.99, { where: GATEWAY }))],
      links: [toTraces('gateway')],
    }),
    stat({
      title: 'Alerts',
      description: 'Alerts that fire, without Watchdog, which always does.',
      unit: 'short',
      limits: { warning: 1, critical: 3 },
      queries: [prom('sum(ALERTS{alertstate="firing", alertname!="Watchdog"}) or vector(0)')],
    }),
  ],
  [
    timeseries({
      title: 'Requests by status',
      description: 'At the gateway. 4xx are refusals and mistakes of clients; 5xx are ours.',
      unit: 'reqps',
      stacked: true,
      queries: [prom(requestsByStatus({ where: GATEWAY }), '{{status}}')],
    }),
    timeseries({
      title: 'Errors by route',
      description: 'Requests per second that the gateway answered 5xx. Click a line for its log lines.',
      unit: 'reqps',
      queries: [
        prom(
          rate('http_server_request_duration_seconds_count', {
            by: 'method, route, status_code',
            where: `${GATEWAY}, status_code=~"5.."`,
          }),
          '{{method}} {{route}} {{status_code}}',
        ),
      ],
      links: toLogs('gateway'),
      empty: 'No 5xx in this time',
    }),
    timeseries({
      title: 'Latency',
      description: 'At the gateway. A diamond is a request: click it for its trace.',
      unit: 's',
      queries: [
        prom(latency(0.5, { where: GATEWAY }), 'p50'),
        prom(latency(0.95, { where: GATEWAY }), 'p95'),
        prom(latency(0.99, { where: GATEWAY }), 'p99'),
      ],
      links: [toTraces('gateway')],
    }),
  ],
)

const budgets = stat({
  title: 'Error budgets left',
  description: 'Of each promise, where the least is left, in three days. Below a tenth, changes wait.',
  unit: 'percentunit',
  decimals: 1,
  limits: { warning: 0.5, critical: 0.1, below: true },
  queries: [prom('min by (slo) (slo:error_budget_remaining:ratio)', '{{slo}}')],
  links: [toDashboard('SLOs and error budgets', 'pharos-slo')],
})

const services = row(
  'Services',
  budgets,
  table({
    title: 'Services',
    description: 'How each did in the chosen window. Click a name for the service in depth, with the time range kept.',
    by: { service: 'Service' },
    order: 'Errors',
    links: [toService(columnOf('service'))],
    columns: [
      { name: 'Requests', unit: 'reqps', expr: requests({ ...byService, over: '$window' }) },
      {
        name: 'Errors',
        unit: 'percentunit',
        decimals: 2,
        limits: errorLimits,
        expr: errorRatio({ ...byService, over: '$window' }),
      },
      { name: 'p50', unit: 's', expr: latency(0.5, { ...byService, over: '$window' }) },
      { name: 'p95', unit: 's', expr: latency(0.95, { ...byService, over: '$window' }) },
      { name: 'p99', unit: 's', expr: latency(0.99, { ...byService, over: '$window' }) },
      { name: 'Ready', unit: 'short', states: UP, expr: 'min by (service) (app_ready)' },
      {
        name: 'Alerts',
        unit: 'short',
        limits: { critical: 1 },
        expr: 'sum by (service) (ALERTS{alertstate="firing", alertname!="Watchdog"}) and on (service) app_info or 0 * sum by (service) (app_info)',
      },
      {
        name: 'Budget left',
        unit: 'percentunit',
        decimals: 0,
        limits: { warning: 0.5, critical: 0.1, below: true },
        expr: 'min by (service) (slo:error_budget_remaining:ratio)',
      },
      {
        name: 'Restarts',
        unit: 'short',
        limits: { warning: 1, critical: 3 },
        expr: 'sum by (service) (changes(process_start_time_seconds{job="services"}[$window]))',
      },
      { name: 'Version', label: 'version', expr: 'count by (service, version) (app_info)' },
    ],
  }),
  table({
    title: 'Alerts that fire',
    description: 'Longest first. Click an alert for its runbook.',
    by: { alertname: 'Alert', service: 'Service', severity: 'Severity' },
    order: 'For',
    height: 6,
    empty: 'No alert fires',
    links: [toRunbook(columnOf('alertname')), toService(columnOf('service'))],
    columns: [
      {
        name: 'For',
        unit: 's',
        expr: 'max by (alertname, service, severity) (time() - ALERTS_FOR_STATE{alertname!="Watchdog"} and ignoring (alertstate) ALERTS{alertstate="firing"})',
      },
    ],
  }),
)

const inside = row('The way of a request: services', [
  timeseries({
    title: 'Requests by service',
    description:
      'What each service answers per second. The gateway asks the others; jobs and followers of events ask too.',
    unit: 'reqps',
    queries: [prom(requests(byService), '{{service}}')],
    links: [toService(labelOf('service'))],
  }),
  timeseries({
    title: 'Errors by service',
    description:
      'Share answered 5xx. The one furthest inside that has errors is where to look: those before it only pass them on.',
    unit: 'percentunit',
    limits: errorLimits,
    queries: [prom(errorRatio(byService), '{{service}}')],
    links: [toService(labelOf('service')), ...toLogs(labelOf('service'))],
  }),
  timeseries({
    title: 'Latency p99 by service',
    description: 'A diamond is a request: click it for its trace.',
    unit: 's',
    queries: [prom(latency(0.99, byService), '{{service}}')],
    links: [toService(labelOf('service')), toTraces(labelOf('service'))],
  }),
])

const stores = row('Then: what they keep it in', [
  timeseries({
    title: 'Statements p99 by service',
    description: 'Time of SQL statements with the wait for a connection left out. Who waits is in the panel beside.',
    unit: 's',
    queries: [prom(quantile(0.99, 'db_client_operation_duration_seconds', byService), '{{service}}')],
    links: [toDashboard('PostgreSQL and pools', 'pharos-postgres')],
  }),
  timeseries({
    title: 'Wait for a connection p99',
    description: 'Above some milliseconds the pool is too small, or statements hold it too long.',
    unit: 's',
    queries: [prom(quantile(0.99, 'db_client_connection_wait_seconds', byService), '{{service}}')],
    links: [toDashboard('PostgreSQL and pools', 'pharos-postgres')],
  }),
  timeseries({
    title: 'Cache hits',
    description: 'Share of look-ups that a cache answered, in the process or in Redis.',
    unit: 'percentunit',
    max: 1,
    queries: [
      prom(
        share(
          rate('cache_requests_total', { by: 'cache, tier', where: 'result="hit"' }),
          rate('cache_requests_total', { by: 'cache, tier' }),
        ),
        '{{cache}} {{tier}}',
      ),
    ],
    links: [toDashboard('Redis and caches', 'pharos-redis')],
  }),
])

const events = row('Then: who hears of it', [
  timeseries({
    title: 'Outbox: age of the oldest event',
    description: 'Events written but not yet in Kafka. It grows when the relay stands still or Kafka is away.',
    unit: 's',
    limits: { warning: 30, critical: 120 },
    queries: [prom('max by (service) (outbox_oldest_age_seconds)', '{{service}}')],
    links: [toDashboard('Kafka, outbox, consumers', 'pharos-kafka')],
  }),
  timeseries({
    title: 'Consumers: events behind',
    description: 'Events in Kafka that a consumer has not handled yet.',
    unit: 'short',
    queries: [prom('sum by (group, topic) (messaging_consumer_lag)', '{{group}} ← {{topic}}')],
    links: [toDashboard('Kafka, outbox, consumers', 'pharos-kafka')],
  }),
  timeseries({
    title: 'From commit to handled, p99',
    description: 'Age of an event when its consumer is done. This is what a user waits until others see what he did.',
    unit: 's',
    limits: { critical: 1 },
    queries: [prom(quantile(0.99, 'messaging_event_age_seconds', { by: 'service, topic' }), '{{service}} ← {{topic}}')],
    links: [toDashboard('Kafka, outbox, consumers', 'pharos-kafka'), toTraces(labelOf('service'))],
  }),
])

const structure = row('Who needs whom', [
  stateTimeline({
    title: 'Readiness',
    description: 'A band per service, and per thing it needs. A red band inside explains the red ones that need it.',
    width: 12,
    height: 14,
    states: UP,
    queries: [
      prom('min by (service) (up{job="services"})', '{{service}} answers'),
      prom('min by (service) (app_ready)', '{{service}} ready'),
      prom('min by (service, dependency) (app_dependency_up)', '{{service}} → {{dependency}}'),
    ],
  }),
  nodeGraph({
    title: 'Who calls whom',
    description: 'From spans, by the service graph: requests per second, time, and failures as the red part of a ring.',
    height: 14,
    queries: [serviceMap()],
  }),
])

export const pharosOverview = dashboard({
  uid: 'pharos-overview',
  title: 'Overview',
  folder: 'Platform',
  question:
    '**Is Pharos well right now, and if not, where do I look first?** The first row is what users get. Below: the services as one table, then the way of a request: services, stores, events. Click a service to go on there.',
  variables: [windowVariable(), runbooksVariable()],
  links: [toDashboard('Error budgets', 'pharos-slo'), toDashboard('Find a request', 'pharos-request')],
  rows: [users, services, inside, stores, events, structure],
})
