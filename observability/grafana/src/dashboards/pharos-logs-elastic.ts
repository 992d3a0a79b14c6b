import { TextBoxVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { dashboard, row } from '../dashboard.ts'
import { rate } from '../expressions.ts'
import { timeseries } from '../graphs.ts'
import { toDashboard, toLogs, toTraces } from '../links.ts'
import { elasticCount, elasticLines, elasticRows, lokiRange, prom, promNow } from '../queries.ts'
import { logs } from '../stories.ts'
import { list } from '../tables.ts'
import { stat } from '../tiles.ts'
import { levelVariable, serviceVariable, windowVariable, type Variable } from '../variables.ts'

// Several values become ("a" OR "b") in Lucene.
const SERVICE = 'service.name:$service'
const CHOSEN = `${SERVICE} AND log.level:$level AND ($search)`
const BAD = `${SERVICE} AND log.level:(error OR warn)`
const SLOW_NS = 500_000_000

const inLoki = toDashboard('The same in Loki', 'pharos-logs-loki', { keep: ['service', 'level'] })
const telemetry = toDashboard('Telemetry of the telemetry', 'pharos-telemetry')

// An empty text is no Lucene, so the star of all is there from the start.
const searchVariable = (): Variable =>
  new TextBoxVariableBuilder('search')
    .label('Lucene')
    .description('Any Lucene, such as trace.id:4f… or message:timeout or http.response.status_code:[500 TO 599].')
    .defaultValue('*')

/** What each store has confirmed. Elasticsearch confirms line by line, so a batch that was sent says nothing yet. */
const intoLoki = (over: string): string =>
  rate('otelcol_exporter_sent_log_records_total', { where: 'exporter="otlp_http/loki"', over })
const intoElastic = (over: string): string =>
  rate('otelcol_elasticsearch_docs_processed_total', { where: 'outcome="success"', over })

const amount = row('How much is said', [
  timeseries({
    title: 'Lines by level',
    description: 'Of the chosen services, levels and text.',
    unit: 'short',
    stacked: true,
    links: [inLoki],
    queries: [elasticCount(CHOSEN, 'log.level')],
  }),
  timeseries({
    title: 'Lines by service',
    description: 'A service that falls silent while it has traffic has lost its way to the stores.',
    unit: 'short',
    stacked: true,
    links: [inLoki],
    queries: [elasticCount(CHOSEN, 'service.name')],
  }),
])

const parity = row('Do both stores have the same lines', [
  stat({
    title: 'Difference',
    description: 'Share by which Loki and Elasticsearch received different numbers of lines within the window.',
    unit: 'percentunit',
    decimals: 1,
    limits: { warning: 0.02, critical: 0.1 },
    links: [telemetry],
    queries: [
      promNow(`abs(${intoLoki('$window')} - ${intoElastic('$window')}) / ${intoLoki('$window')}`, 'difference'),
    ],
  }),
  timeseries({
    title: 'Lines received by each store',
    description:
      'What the collector has delivered to each per second. A gap is a store that is away; it is filled afterwards, as long as the queue holds.',
    unit: 'cps',
    links: [telemetry],
    queries: [prom(intoLoki('$__rate_interval'), 'Loki'), prom(intoElastic('$__rate_interval'), 'Elasticsearch')],
  }),
  timeseries({
    title: 'Lines found in each store',
    description: 'The same lines counted where they lie. The lines cover each other, but for the last seconds.',
    unit: 'short',
    links: [inLoki, telemetry],
    queries: [
      lokiRange('sum(count_over_time({service_name=~"$service"} [$__interval]))', 'Loki'),
      elasticCount(SERVICE),
    ],
  }),
])

const problems = row(
  'What goes wrong',
  [
    list({
      title: 'Errors and warnings by what happened',
      description: 'Which actions come most, in the time range.',
      unit: 'short',
      empty: 'Neither errors nor warnings',
      links: [inLoki],
      queries: [elasticRows(BAD, 'event.action')],
    }),
    list({
      title: 'By type of error',
      description: 'Lines of errors by the type that was thrown.',
      unit: 'short',
      empty: 'No error',
      links: toLogs(),
      queries: [elasticRows(BAD, 'error.type')],
    }),
    list({
      title: 'Routes that fail',
      description: 'Requests answered with 5xx, by route.',
      unit: 'short',
      empty: 'No 5xx',
      links: [toDashboard('Errors', 'pharos-errors', { keep: ['service'] })],
      queries: [elasticRows(`${SERVICE} AND http.response.status_code:[500 TO 599]`, 'http.route')],
    }),
    list({
      title: 'Routes that are slow',
      description: 'Requests above half a second, by route.',
      unit: 'short',
      empty: 'No request above 0.5 s',
      links: [toTraces()],
      queries: [elasticRows(`${SERVICE} AND event.duration:[${SLOW_NS} TO *]`, 'http.route')],
    }),
  ],
  logs({
    title: 'Errors and warnings',
    description: 'Newest first. A line opens to its fields; its trace id leads to its trace.',
    empty: 'Neither errors nor warnings',
    links: [inLoki],
    queries: [elasticLines(BAD)],
  }),
)

const lines = row(
  'Lines',
  logs({
    title: 'Lines of the chosen services, levels and Lucene',
    description: 'Every field of a line can be searched. For all of one request, use the Request explorer.',
    height: 16,
    empty: 'No such line',
    links: [inLoki],
    queries: [elasticLines(CHOSEN, 500)],
  }),
)

export const pharosLogsElastic = dashboard({
  uid: 'pharos-logs-elastic',
  title: 'Logs (Elasticsearch)',
  folder: 'Services',
  question:
    '**What do the services say, searched by any field, and do both stores say the same?** Kibana has the same lines under the data view `logs-pharos-*`. With an id of a request in hand: [Request explorer](/d/pharos-request).',
  variables: [serviceVariable(), levelVariable(), searchVariable(), windowVariable()],
  links: [inLoki, toDashboard('Request explorer', 'pharos-request')],
  rows: [amount, parity, problems, lines],
})
