import { ConstantVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { dashboard, row } from '../dashboard.ts'
import { errorRatio, increase, rate } from '../expressions.ts'
import { timeseries } from '../graphs.ts'
import { columnOf, labelOf, toDashboard, toLogs, toRequest, toService, toTraces } from '../links.ts'
import { elasticRows, lokiLines, lokiNow, prom, promNow, traceql } from '../queries.ts'
import { happened } from '../rare.ts'
import { logs } from '../stories.ts'
import { list, table } from '../tables.ts'
import { barGauge, stat } from '../tiles.ts'
import { serviceVariable, windowVariable } from '../variables.ts'

const SERVICE = 'service=~"$service"'
const FAULTS = `${SERVICE}, outcome=~"fault|unavailable"`
const LINES = '{service_name=~"$service", level="error"}'
const DEAD = 'group=~"$service"'

const issues = { title: 'Issues in the error tracker', url: '${tracker}' }

const trackerVariable = () =>
  new ConstantVariableBuilder('tracker')
    .label('Error tracker')
    .description('Where issues are kept.')
    .value('http://127.0.0.1:8970')

const wellbeing = row('Now', [
  stat({
    title: 'Answers that failed',
    description: 'Share of answers with 5xx.',
    unit: 'percentunit',
    decimals: 2,
    limits: { warning: 0.01, critical: 0.05 },
    links: toLogs(),
    queries: [prom(errorRatio({ where: SERVICE }), '5xx')],
  }),
  stat({
    title: 'Error events',
    description: 'Faults handed to the error tracker within the window: 5xx, rejections nobody caught, dead letters.',
    unit: 'short',
    decimals: 0,
    limits: { warning: 1, critical: 10 },
    links: [issues],
    queries: [
      promNow(
        `${happened('error_events_total', { where: `${SERVICE}, outcome="captured"`, over: '$window' })} or vector(0)`,
        'events',
      ),
    ],
  }),
  stat({
    title: 'Error events lost',
    description: 'Faults that could not be handed over within the window: see the log lines instead.',
    unit: 'short',
    decimals: 0,
    limits: { critical: 1 },
    links: toLogs(),
    queries: [
      promNow(
        `${happened('error_events_total', { where: `${SERVICE}, outcome="failed"`, over: '$window' })} or vector(0)`,
        'lost',
      ),
    ],
  }),
  stat({
    title: 'Error lines',
    description: 'Lines of level error within the window, as the services have written them.',
    unit: 'short',
    decimals: 0,
    limits: { warning: 1, critical: 10 },
    links: toLogs(),
    queries: [promNow(increase('log_lines_total', { where: `${SERVICE}, level="error"`, over: '$window' }), 'lines')],
  }),
  stat({
    title: 'Dead letters',
    description: 'Events put aside within the window. `npm run dlq:list` lists them.',
    unit: 'short',
    decimals: 0,
    limits: { critical: 1 },
    links: [toDashboard('Kafka', 'pharos-kafka', { keep: ['service'] })],
    queries: [
      promNow(
        `${happened('messaging_dead_letters_total', { where: DEAD, over: '$window' })} or vector(0)`,
        'dead letters',
      ),
    ],
  }),
  stat({
    title: 'Restarts',
    description: 'Processes that started anew within the window. Without a deploy it was a crash.',
    unit: 'short',
    decimals: 0,
    limits: { warning: 1, critical: 3 },
    links: [toDashboard('Node.js', 'pharos-nodejs', { keep: ['service'] })],
    queries: [promNow(`sum(changes(process_start_time_seconds{job="services", ${SERVICE}}[$window]))`, 'restarts')],
  }),
])

const course = row('Since when, and where', [
  timeseries({
    title: 'Answers that failed',
    description: '5xx per second by service. The gateway passes on what those behind it answer.',
    unit: 'reqps',
    links: [...toLogs(labelOf('service')), toTraces(labelOf('service'))],
    queries: [
      prom(
        `${rate('http_server_request_duration_seconds_count', { by: 'service, status_code', where: `${SERVICE}, status_code=~"5.."` })} > 0`,
        '{{service}} {{status_code}}',
      ),
    ],
    empty: 'No 5xx',
  }),
  timeseries({
    title: 'Use cases that failed',
    description: 'Faults, and what was unavailable, per use case. Refusals are none.',
    unit: 'ops',
    links: [...toLogs(labelOf('service')), toTraces(labelOf('service'))],
    queries: [
      prom(
        `${rate('app_use_case_duration_seconds_count', { by: 'service, use_case, outcome', where: FAULTS })} > 0`,
        '{{service}} {{use_case}} {{outcome}}',
      ),
    ],
    empty: 'No use case failed',
  }),
  timeseries({
    title: 'Error events',
    description: 'Faults by service, and those that could not be handed to the error tracker.',
    unit: 'ops',
    links: [issues, ...toLogs(labelOf('service'))],
    queries: [prom(rate('error_events_total', { by: 'service, outcome', where: SERVICE }), '{{service}} {{outcome}}')],
    empty: 'No error event since the start',
  }),
])

const kinds = row(
  'Which',
  [
    table({
      title: 'Routes that fail',
      description: 'Routes with 5xx within the window.',
      by: { service: 'Service', method: 'Method', route: 'Route', status_code: 'Status' },
      order: 'Failed',
      width: 12,
      empty: 'No route failed',
      links: [toService(columnOf('service')), ...toLogs(columnOf('service'))],
      columns: [
        {
          name: 'Failed',
          expr: `${happened('http_server_request_duration_seconds_count', { by: 'service, method, route, status_code', where: `${SERVICE}, status_code=~"5.."`, over: '$window' })} > 0`,
          unit: 'short',
          decimals: 0,
        },
      ],
    }),
    barGauge({
      title: 'By what happened',
      description: 'Error lines by service, what was done and the type of the error, over the time range.',
      unit: 'short',
      height: 9,
      empty: 'No error line',
      links: toLogs(labelOf('service_name')),
      queries: [
        lokiNow(
          `topk(15, sum by (service_name, event_action, error_type) (count_over_time(${LINES} [$__range])))`,
          '{{service_name}} {{event_action}} {{error_type}}',
        ),
      ],
    }),
  ],
  [
    list({
      title: 'By type, as Elasticsearch has it',
      description: 'Error lines by the type of the error, over the time range.',
      unit: 'short',
      empty: 'No error line',
      links: toLogs(),
      queries: [elasticRows('service.name:$service AND log.level:error', 'error.type')],
    }),
    list({
      title: 'Traces with an error',
      description: 'Every trace with an error is kept. A click shows all of the request.',
      empty: 'No trace with an error',
      links: [toRequest(columnOf('traceID'))],
      queries: [traceql('{ resource.service.name =~ "$service" && status = error }', { limit: 30 })],
    }),
  ],
)

const lines = row(
  'What they say',
  logs({
    title: 'Error lines',
    description: 'With stack, newest first. A line opens to its ids, which lead to its trace.',
    empty: 'No error line',
    links: toLogs(),
    queries: [lokiLines(LINES)],
  }),
)

export const pharosErrors = dashboard({
  uid: 'pharos-errors',
  title: 'Errors',
  folder: 'Services',
  question:
    '**What is broken, since when, and what does it say?** Only faults that somebody must fix: refusals of clients are not here. Grouped into issues they are in the [error tracker](${tracker}).',
  variables: [serviceVariable(), windowVariable(), trackerVariable()],
  links: [issues, toDashboard('Traces', 'pharos-traces', { keep: ['service'] })],
  rows: [wellbeing, course, kinds, lines],
})
