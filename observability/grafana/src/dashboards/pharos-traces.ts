import { collapsedRow, dashboard, row } from '../dashboard.ts'
import { quantile, rate, share } from '../expressions.ts'
import { heatmap, timeseries } from '../graphs.ts'
import { columnOf, labelOf, toDashboard, toLogs, toRequest, toService } from '../links.ts'
import { prom, promBuckets, serviceMap, traceql } from '../queries.ts'
import { nodeGraph, traces } from '../stories.ts'
import { list, table } from '../tables.ts'
import { choiceVariable, labelVariable, serviceVariable, textVariable, windowVariable } from '../variables.ts'

const CALLS = 'traces_span_metrics_calls_total'
const DURATION = 'traces_span_metrics_duration_seconds'
const SPANS = 'service_name=~"$service", span_name=~"$span"'
const SERVER = `${SPANS}, span_kind=~"SPAN_KIND_(SERVER|CONSUMER)"`
const FAILED = 'status_code="STATUS_CODE_ERROR"'
const CHOSEN = 'resource.service.name =~ "$service" && name =~ "$span"'

const bySpan = { by: 'service_name, span_kind, span_name', where: SPANS, over: '$window' }
const byService = { by: 'service_name', where: SERVER }

const spanVariable = () =>
  labelVariable({
    name: 'span',
    label: 'Span',
    description: 'Names of spans: routes, use cases, statements, commands, topics.',
    of: 'label_values(traces_span_metrics_calls_total{service_name=~"$service"}, span_name)',
    all: '.*',
  })

const slowerVariable = () =>
  choiceVariable({
    name: 'slower',
    label: 'Slower than',
    description: 'How long a span must have taken to be found.',
    values: ['0ms', '50ms', '250ms', '500ms', '1s', '5s'],
  })

const toItsRequest = toRequest(columnOf('traceID'))

const red = row(
  'What spans tell of services: counted before any is left out',
  [
    timeseries({
      title: 'Rate',
      description: 'Requests and events that each service took in, per second.',
      unit: 'ops',
      links: [toService(labelOf('service_name'))],
      queries: [prom(rate(CALLS, byService), '{{service_name}}')],
    }),
    timeseries({
      title: 'Errors',
      description: 'Share of them whose span is marked as an error. A refused request is none.',
      unit: 'percentunit',
      limits: { warning: 0.01, critical: 0.05 },
      links: toLogs(labelOf('service_name')),
      queries: [
        prom(
          share(rate(CALLS, { ...byService, where: `${SERVER}, ${FAILED}` }), rate(CALLS, byService)),
          '{{service_name}}',
        ),
      ],
    }),
    timeseries({
      title: 'Duration',
      description: 'p95 of what each service took in, events with it. A click on a dot leads to its trace.',
      unit: 's',
      links: [toService(labelOf('service_name'))],
      queries: [prom(quantile(0.95, DURATION, byService), '{{service_name}} p95')],
    }),
  ],
  table({
    title: 'Spans',
    description:
      'Where time goes, over all services. The share is of one request’s worth of time per second: 1 is one always under way.',
    by: { service_name: 'Service', span_kind: 'Kind', span_name: 'Span' },
    order: 'Under way',
    links: [toService(columnOf('service_name'))],
    columns: [
      { name: 'Under way', expr: rate(`${DURATION}_sum`, bySpan), unit: 'short', decimals: 3 },
      { name: 'Calls', expr: rate(CALLS, bySpan), unit: 'ops' },
      { name: 'p95', expr: quantile(0.95, DURATION, bySpan), unit: 's', limits: { warning: 0.3, critical: 1 } },
      {
        name: 'Errors',
        expr: `${rate(CALLS, { ...bySpan, where: `${SPANS}, ${FAILED}` })} / ${rate(CALLS, bySpan)}`,
        unit: 'percentunit',
        limits: { critical: 0.01 },
      },
    ],
  }),
)

const search = row(
  'Traces: errors and slow ones, and a share of the rest',
  [
    list({
      title: 'Slowest',
      description: 'Spans of the chosen services and names above the chosen duration.',
      links: [toItsRequest],
      queries: [traceql(`{ ${CHOSEN} && duration > $slower }`, { limit: 30 })],
    }),
    list({
      title: 'With an error',
      description: 'Traces in which a chosen span failed. All of them are kept.',
      empty: 'No trace with an error',
      links: [toItsRequest, ...toLogs()],
      queries: [traceql(`{ ${CHOSEN} && status = error }`, { limit: 30 })],
    }),
  ],
  [
    list({
      title: 'That wait for a store',
      description: 'Traces with a call of PostgreSQL or Redis above 50 ms.',
      empty: 'No slow call of a store',
      links: [toItsRequest, toDashboard('PostgreSQL', 'pharos-postgres', { keep: ['service'] })],
      queries: [
        traceql('{ resource.service.name =~ "$service" && span.db.system.name != nil && duration > 50ms }', {
          limit: 30,
        }),
      ],
    }),
    list({
      title: 'Through Kafka',
      description: 'Traces that went on in a consumer: the request, its event and what came of it.',
      empty: 'No event handled',
      links: [toItsRequest, toDashboard('Kafka', 'pharos-kafka', { keep: ['service'] })],
      queries: [
        traceql('{ resource.service.name =~ "$service" && kind = consumer && duration > $slower }', { limit: 30 }),
      ],
    }),
  ],
)

const graph = row('Who calls whom', [
  nodeGraph({
    title: 'Service graph',
    description: 'Calls between services and stores, by rate and duration, from all spans.',
    links: [toDashboard('Overview', 'pharos-overview')],
    queries: [serviceMap()],
  }),
  heatmap({
    title: 'Distribution of duration',
    description: 'What the chosen services took in, by how long it took.',
    links: toLogs(undefined, 'info'),
    unit: 's',
    height: 12,
    queries: [promBuckets(rate(`${DURATION}_bucket`, { by: 'le', where: SERVER }))],
  }),
])

const one = collapsedRow(
  'One trace, by its id above',
  traces({
    title: 'The trace',
    description: 'Spans of all services. Each leads to its lines in Loki.',
    links: toLogs(undefined, 'info'),
    queries: [traceql('$id')],
  }),
)

export const pharosTraces = dashboard({
  uid: 'pharos-traces',
  title: 'Traces',
  folder: 'Services',
  question:
    '**Where does the time of a request go, and which requests are worth a look?** From rates over all spans to single traces. With an id in hand: [Request explorer](/d/pharos-request).',
  variables: [
    serviceVariable(),
    spanVariable(),
    slowerVariable(),
    windowVariable(),
    textVariable({ name: 'id', label: 'Trace id', description: 'A trace to show in the last row.' }),
  ],
  links: [toDashboard('Request explorer', 'pharos-request')],
  rows: [red, search, graph, one],
})
