import { dashboard, row } from '../dashboard.ts'
import { increase, rate } from '../expressions.ts'
import { timeseries } from '../graphs.ts'
import { labelOf, toDashboard, toLogs, toRunbook, toService, toTraces } from '../links.ts'
import { lokiLines, lokiNow, lokiRange, prom, promNow } from '../queries.ts'
import { logs } from '../stories.ts'
import { barGauge, stat } from '../tiles.ts'
import { levelVariable, runbooksVariable, serviceVariable, textVariable, windowVariable } from '../variables.ts'

const SERVICE = 'service_name=~"$service"'
const CHOSEN = `{${SERVICE}, level=~"$level"} |~ \`(?i)$search\``
const REQUESTS = `{${SERVICE}} | event_action="http.request"`
const SLOW_NS = 500_000_000

const inElastic = toDashboard('The same in Elasticsearch', 'pharos-logs-elastic', { keep: ['service', 'level'] })

const overTime = (by: string, lines: string): string => `sum by (${by}) (count_over_time(${lines} [$__interval]))`
const most = (by: string, lines: string): string => `topk(12, sum by (${by}) (count_over_time(${lines} [$__range])))`

const amount = row(
  'How much is said',
  [
    stat({
      title: 'Lines',
      description: 'Lines per second of the chosen services, as the collector reads them.',
      links: [inElastic],
      unit: 'cps',
      queries: [prom(rate('log_lines_collected_total', { where: SERVICE }), 'lines')],
    }),
    stat({
      title: 'Errors',
      description: 'Lines of level error in the time range.',
      unit: 'short',
      decimals: 0,
      limits: { warning: 1, critical: 10 },
      links: toLogs(),
      queries: [lokiNow(`sum(count_over_time({${SERVICE}, level="error"} [$__range])) or vector(0)`, 'errors')],
    }),
    stat({
      title: 'Warnings',
      description: 'Lines of level warn in the time range.',
      unit: 'short',
      decimals: 0,
      links: toLogs(undefined, 'warn'),
      queries: [lokiNow(`sum(count_over_time({${SERVICE}, level="warn"} [$__range])) or vector(0)`, 'warnings')],
    }),
    stat({
      title: 'Requests without a trace id',
      description: 'Lines of requests within the window that lead to no trace: the hook of the telemetry is missing.',
      links: [toRunbook('LogsWithoutTraceId')],
      unit: 'short',
      decimals: 0,
      limits: { critical: 1 },
      queries: [
        promNow(`${increase('log_lines_untraced_total', { where: SERVICE, over: '$window' })} or vector(0)`, 'lines'),
      ],
    }),
    stat({
      title: 'Written, but not read',
      description:
        'Share of the lines that services wrote and that the collector did not read. It ought to be about zero.',
      unit: 'percentunit',
      decimals: 1,
      limits: { warning: 0.05, critical: 0.2 },
      links: [toDashboard('Telemetry of the telemetry', 'pharos-telemetry')],
      queries: [
        promNow(
          `clamp_min(1 - ${rate('log_lines_collected_total', { where: SERVICE, over: '$window' })} / ${rate('log_lines_total', { where: 'service=~"$service"', over: '$window' })}, 0)`,
          'missing',
        ),
      ],
    }),
  ],
  [
    timeseries({
      title: 'Lines by level',
      description: 'Of the chosen services, levels and text. A jump of warnings is often the first sign.',
      unit: 'short',
      stacked: true,
      links: [inElastic],
      queries: [lokiRange(overTime('level', CHOSEN), '{{level}}')],
    }),
    timeseries({
      title: 'Lines by service',
      description: 'A service that falls silent while it has traffic has lost its way to the stores.',
      unit: 'short',
      stacked: true,
      links: [toService(labelOf('service_name')), inElastic],
      queries: [lokiRange(overTime('service_name', CHOSEN), '{{service_name}}')],
    }),
  ],
)

const problems = row(
  'What goes wrong',
  [
    barGauge({
      title: 'Errors and warnings by what happened',
      description: 'Which actions and types of error come most, in the time range.',
      unit: 'short',
      empty: 'Neither errors nor warnings',
      links: toLogs(labelOf('service_name')),
      queries: [
        lokiNow(
          most('service_name, event_action, error_type', `{${SERVICE}, level=~"error|warn"}`),
          '{{service_name}} {{event_action}} {{error_type}}',
        ),
      ],
    }),
    barGauge({
      title: 'Routes that refuse or fail',
      description: 'Requests answered 4xx or 5xx, by route and status, in the time range.',
      unit: 'short',
      empty: 'None',
      links: [toService(labelOf('service_name')), toTraces(labelOf('service_name'))],
      queries: [
        lokiNow(
          most(
            'service_name, http_request_method, http_route, http_response_status_code',
            `${REQUESTS} | http_response_status_code >= 400`,
          ),
          '{{service_name}} {{http_request_method}} {{http_route}} {{http_response_status_code}}',
        ),
      ],
    }),
    timeseries({
      title: 'Slowest request',
      description:
        'The longest request per service and step, by the lines of requests. It agrees with the latency graphs, or one is wrong.',
      unit: 's',
      links: [toTraces(labelOf('service_name'))],
      queries: [
        lokiRange(
          `max by (service_name) (max_over_time(${REQUESTS} | unwrap event_duration [$__interval])) / 1e9`,
          '{{service_name}}',
        ),
      ],
    }),
  ],
  [
    logs({
      title: 'Errors and warnings',
      description: 'Newest first. A line opens to its ids, which lead to its trace and to all of its request.',
      width: 12,
      empty: 'Neither errors nor warnings',
      links: toLogs(),
      queries: [lokiLines(`{${SERVICE}, level=~"error|warn"}`)],
    }),
    logs({
      title: 'Slow requests',
      description: 'Requests that took longer than half a second.',
      width: 12,
      empty: 'No request above 0.5 s',
      links: [inElastic],
      queries: [lokiLines(`${REQUESTS} | event_duration > ${SLOW_NS}`)],
    }),
  ],
)

const lines = row(
  'Lines',
  logs({
    title: 'Lines of the chosen services, levels and text',
    description: 'The text is searched in the message. To search by an id, use the Request explorer.',
    height: 16,
    empty: 'No such line',
    links: [inElastic],
    queries: [lokiLines(CHOSEN, 500)],
  }),
)

export const pharosLogsLoki = dashboard({
  uid: 'pharos-logs-loki',
  title: 'Logs (Loki)',
  folder: 'Services',
  question:
    '**What do the services say?** From how much and how bad to single lines. With an id of a request in hand: [Request explorer](/d/pharos-request). The same lines are in [Elasticsearch](/d/pharos-logs-elastic).',
  variables: [
    serviceVariable(),
    levelVariable(),
    textVariable({ name: 'search', label: 'Text', description: 'A regular expression for the message.' }),
    windowVariable(),
    runbooksVariable(),
  ],
  links: [inElastic, toDashboard('Request explorer', 'pharos-request')],
  rows: [amount, problems, lines],
})
