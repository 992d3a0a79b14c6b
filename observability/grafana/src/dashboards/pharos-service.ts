import { dashboard, row } from '../dashboard.ts'
import { errorRatio, latency, quantile, rate, requests, requestsByStatus, share } from '../expressions.ts'
import { heatmap, stateTimeline, timeseries } from '../graphs.ts'
import { columnOf, labelOf, toDashboard, toLogs, toTraces } from '../links.ts'
import { elasticLines, lokiLines, prom, promBuckets, traceql } from '../queries.ts'
import { logs } from '../stories.ts'
import { list, table } from '../tables.ts'
import { instanceVariable, routeVariable, serviceVariable, windowVariable } from '../variables.ts'

const PROCESS = 'service=~"$service", instance=~"$instance"'
const where = `${PROCESS}, route=~"$route"`
const byRoute = { by: 'service, method, route', where }
const ROUTE = '{{service}} {{method}} {{route}}'
const errorLimits = { warning: 0.01, critical: 0.05 }
const FAILED = 'status_code=~"5.."'

const red = row('Requests', [
  timeseries({
    title: 'Requests by route',
    description: 'Answered per second, by the template of the route.',
    unit: 'reqps',
    queries: [prom(requests(byRoute), ROUTE)],
  }),
  timeseries({
    title: 'Errors by route',
    description: 'Share answered 5xx. Click a line for its log lines.',
    unit: 'percentunit',
    limits: errorLimits,
    queries: [prom(errorRatio(byRoute), ROUTE)],
    links: toLogs(labelOf('service')),
  }),
  timeseries({
    title: 'Latency p95 by route',
    description: 'A diamond is a request: click it for its trace.',
    unit: 's',
    queries: [prom(latency(0.95, byRoute), ROUTE)],
    links: [toTraces(labelOf('service'))],
  }),
])

const distribution = row('How they were answered', [
  timeseries({
    title: 'By status',
    description: '4xx are refusals and mistakes of clients; 5xx are ours.',
    unit: 'reqps',
    stacked: true,
    queries: [prom(requestsByStatus({ where }), '{{status}}')],
  }),
  heatmap({
    title: 'Distribution of latency',
    description:
      'How many requests took how long. A second band above the first is another kind of request, or a store that is slow for some.',
    unit: 's',
    queries: [promBuckets(rate('http_server_request_duration_seconds_bucket', { by: 'le', where }))],
    links: [toTraces()],
  }),
  timeseries({
    title: 'Latency',
    description: 'Of the chosen services and routes together. A diamond is a request: click it for its trace.',
    unit: 's',
    queries: [
      prom(latency(0.5, { where }), 'p50'),
      prom(latency(0.95, { where }), 'p95'),
      prom(latency(0.99, { where }), 'p99'),
    ],
    links: [toTraces()],
  }),
])

const worst = row('Which routes', [
  table({
    title: 'Slowest routes',
    description: 'By p99 in the chosen window.',
    by: { service: 'Service', method: 'Method', route: 'Route' },
    order: 'p99',
    columns: [
      { name: 'p99', unit: 's', expr: `topk(10, ${latency(0.99, { ...byRoute, over: '$window' })})` },
      { name: 'p50', unit: 's', expr: latency(0.5, { ...byRoute, over: '$window' }) },
      { name: 'Requests', unit: 'reqps', expr: requests({ ...byRoute, over: '$window' }) },
    ],
  }),
  table({
    title: 'Most failing routes',
    description: 'By share of 5xx in the chosen window.',
    by: { service: 'Service', method: 'Method', route: 'Route' },
    order: 'Errors',
    empty: 'No 5xx in this window',
    links: toLogs(columnOf('service')),
    columns: [
      {
        name: 'Errors',
        unit: 'percentunit',
        decimals: 2,
        limits: errorLimits,
        expr: `${requests({ ...byRoute, where: `${where}, ${FAILED}`, over: '$window' })} / ${requests({ ...byRoute, over: '$window' })} > 0`,
      },
      {
        name: 'Failed',
        unit: 'reqps',
        expr: `${requests({ ...byRoute, where: `${where}, ${FAILED}`, over: '$window' })} > 0`,
      },
    ],
  }),
])

const outbound = row('What it asks of others', [
  timeseries({
    title: 'In and out',
    description:
      'Requests answered against requests made of other services, per second. Out above in is a fan-out or retries.',
    unit: 'reqps',
    queries: [
      prom(requests({ by: 'service', where: PROCESS }), '{{service}} in'),
      prom(
        rate('http_client_request_duration_seconds_count', { by: 'service, peer', where: PROCESS }),
        '{{service}} → {{peer}}',
      ),
    ],
  }),
  timeseries({
    title: 'Failed calls',
    description: 'Share of calls to another service that ended in 5xx or without an answer.',
    unit: 'percentunit',
    limits: errorLimits,
    queries: [
      prom(
        share(
          rate('http_client_request_duration_seconds_count', {
            by: 'service, peer',
            where: `${PROCESS}, status_code=~"5..|error"`,
          }),
          rate('http_client_request_duration_seconds_count', { by: 'service, peer', where: PROCESS }),
        ),
        '{{service}} → {{peer}}',
      ),
    ],
    links: toLogs(labelOf('service')),
    empty: 'It asks no other service',
  }),
  timeseries({
    title: 'Latency p95 of calls',
    description: 'As the caller sees it. Above what the callee reports, the difference is waiting and network.',
    unit: 's',
    queries: [
      prom(
        quantile(0.95, 'http_client_request_duration_seconds', { by: 'service, peer', where: PROCESS }),
        '{{service}} → {{peer}}',
      ),
    ],
    links: [toTraces(labelOf('service'))],
    empty: 'It asks no other service',
  }),
])

const guards = row('How it defends itself', [
  timeseries({
    title: 'In flight',
    description: 'Requests that wait for their answer now.',
    unit: 'short',
    queries: [prom(`sum by (service) (http_server_active_requests{${PROCESS}})`, '{{service}}')],
  }),
  timeseries({
    title: 'Shed, limited, retried',
    description: 'Requests refused for overload or over a limit, and calls sent once more, per second.',
    unit: 'reqps',
    queries: [
      prom(rate('load_shed_total', { by: 'service, reason', where: PROCESS }), '{{service}} shed: {{reason}}'),
      prom(
        rate('rate_limit_decisions_total', { by: 'service, class', where: `${PROCESS}, decision="limited"` }),
        '{{service}} limited: {{class}}',
      ),
      prom(rate('retry_attempts_total', { by: 'service, peer', where: PROCESS }), '{{service}} retried: {{peer}}'),
    ],
    empty: 'Nothing shed, limited or retried',
  }),
  stateTimeline({
    title: 'Circuits',
    description:
      'An open circuit refuses calls to a peer that failed five times in a row, and asks again within ten seconds.',
    states: { 0: ['closed', 'green'], 1: ['half open', 'yellow'], 2: ['open', 'red'] },
    queries: [prom(`max by (service, peer) (circuit_breaker_state{${PROCESS}})`, '{{service}} → {{peer}}')],
    empty: 'It asks no other service',
  }),
])

const saturation = row('How full it is', [
  timeseries({
    title: 'Event loop',
    description: 'Share of time that the event loop was busy. Near 100 % everything waits for everything.',
    unit: 'percentunit',
    max: 1,
    limits: { warning: 0.7, critical: 0.9 },
    queries: [
      prom(`max by (service, instance) (nodejs_eventloop_utilization{${PROCESS}})`, '{{service}} {{instance}}'),
    ],
    links: [toDashboard('Node.js', 'pharos-nodejs', { keep: ['service', 'instance'] })],
  }),
  timeseries({
    title: 'Connections in use',
    description: 'Of the pool to PostgreSQL. At 100 % requests queue for a connection.',
    unit: 'percentunit',
    max: 1,
    limits: { warning: 0.8, critical: 1 },
    queries: [
      prom(
        `sum by (service) (db_client_connections{${PROCESS}, state="used"}) / sum by (service) (db_client_connections{${PROCESS}, state=~"used|idle"})`,
        '{{service}}',
      ),
    ],
    links: [toDashboard('PostgreSQL and pools', 'pharos-postgres')],
    empty: 'It keeps nothing in PostgreSQL',
  }),
  timeseries({
    title: 'Use cases p95',
    description: 'What the service does, without what HTTP costs around it.',
    unit: 's',
    queries: [
      prom(
        quantile(0.95, 'app_use_case_duration_seconds', { by: 'service, use_case', where: PROCESS }),
        '{{service}} {{use_case}}',
      ),
    ],
    links: [toTraces(labelOf('service'))],
    empty: 'It has no use cases of its own',
  }),
])

const stories = row(
  'What happened to single requests',
  [
    list({
      title: 'Traces that failed',
      description: 'Newest first. Click an id for the trace.',
      queries: [traceql('{ resource.service.name =~ "${service:pipe}" && status = error }')],
      empty: 'No failed trace in this time',
    }),
    list({
      title: 'Traces with a slow part in it',
      description: 'Spans of this service that took more than half a second. Click an id for the trace.',
      queries: [traceql('{ resource.service.name =~ "${service:pipe}" && duration > 500ms }')],
      empty: 'No slow trace in this time',
    }),
  ],
  logs({
    title: 'Errors and warnings in Loki',
    description: 'Newest first. Open a line for its fields, and for the way to its trace.',
    queries: [lokiLines('{service_name=~"$service", level=~"error|warn"}')],
    links: toLogs(),
    empty: 'No line at error or warn',
  }),
  logs({
    title: 'Errors and warnings in Elasticsearch',
    description: 'The same from the other store, with stacks.',
    queries: [elasticLines('service.name:${service:lucene} AND log.level:(error OR warn)')],
    empty: 'No line at error or warn',
  }),
)

export const pharosService = dashboard({
  uid: 'pharos-service',
  title: 'Service',
  folder: 'Services',
  question:
    '**What is wrong with this service: itself, what it asks of others, or what is asked of it?** Requests, errors and time by route first; then what it needs, how it defends itself, how full it is, and single requests that failed.',
  variables: [serviceVariable(), routeVariable(), instanceVariable(), windowVariable()],
  links: [
    toDashboard('Node.js', 'pharos-nodejs', { keep: ['service', 'instance'] }),
    toDashboard('Logs', 'pharos-logs-loki', { keep: ['service'] }),
    toDashboard('Traces', 'pharos-traces', { keep: ['service'] }),
    toDashboard('Errors', 'pharos-errors', { keep: ['service'] }),
  ],
  rows: [red, distribution, worst, outbound, guards, saturation, stories],
})
