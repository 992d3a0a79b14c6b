import { dashboard, row } from '../dashboard.ts'
import { latency } from '../expressions.ts'
import { timeseries } from '../graphs.ts'
import { toDashboard } from '../links.ts'
import { elasticLines, lokiLines, lokiRange, prom, traceql } from '../queries.ts'
import { logs, traces } from '../stories.ts'
import { list } from '../tables.ts'
import { foundVariable, textVariable } from '../variables.ts'

const LUCENE = '(trace.id:"$id" OR labels.correlation_id:"$id")'
const LOKI = 'trace_id="$id" or labels_correlation_id="$id"'
const TRACEQL = '(trace:id = "$id" || span.app.correlation_id = "$id")'
const where = 'service="gateway", route="$route"'

export const pharosRequest = dashboard({
  uid: 'pharos-request',
  title: 'Request explorer',
  folder: 'Platform',
  question:
    '**What happened to this one request?** Type its correlation id (in every answer as `X-Correlation-ID`) or its trace id (in every error answer) above, and choose a time range that it lies in. Trace, lines, faults, and where it lies on the latency of its route follow.',
  variables: [
    textVariable({
      name: 'id',
      label: 'Correlation or trace id',
      description: 'Of the request that you look for.',
      value: 'none',
    }),
    foundVariable({
      name: 'trace',
      label: 'Trace',
      description: 'The trace of the request. Several if the client has used its correlation id more than once.',
      field: 'trace.id',
      lucene: LUCENE,
    }),
    foundVariable({
      name: 'route',
      label: 'Route',
      description: 'The route that the gateway answered it by.',
      field: 'http.route',
      lucene: `service.name:gateway AND event.action:"http.request" AND ${LUCENE}`,
    }),
  ],
  links: [toDashboard('Traces', 'pharos-traces'), toDashboard('Errors', 'pharos-errors')],
  rows: [
    row('Where it lies', [
      list({
        title: 'Its traces',
        description: 'Found by either id, without the help of the log stores. Click one to open it.',
        width: 10,
        height: 9,
        queries: [traceql(`{ ${TRACEQL} }`)],
        empty: 'No trace with this id in this time',
      }),
      timeseries({
        title: 'On the latency of its route',
        description: 'The dot is the request, the lines are all requests of its route at the gateway at that time.',
        unit: 's',
        width: 14,
        height: 9,
        moments: ['this request'],
        queries: [
          prom(latency(0.5, { where }), 'p50'),
          prom(latency(0.95, { where }), 'p95'),
          prom(latency(0.99, { where }), 'p99'),
          lokiRange(
            `max(max_over_time({service_name="gateway"} | event_action="http.request" | ${LOKI} | unwrap event_duration [$__interval])) / 1e9`,
            'this request',
          ),
        ],
      }),
    ]),
    row('What went wrong', [
      list({
        title: 'Parts that failed',
        description: 'Its spans with an error: the deepest one is where it began.',
        height: 8,
        queries: [traceql(`{ ${TRACEQL} } >> { status = error } || { ${TRACEQL} && status = error }`, { spans: true })],
        empty: 'Nothing failed in it',
      }),
      logs({
        title: 'Errors and warnings, with stacks',
        description: 'Its lines at error or warn in Elasticsearch. Open one for error.stack_trace.',
        width: 12,
        height: 8,
        queries: [elasticLines(`${LUCENE} AND log.level:(error OR warn)`)],
        empty: 'No line at error or warn',
      }),
    ]),
    row(
      'Its trace',
      traces({
        title: 'Trace $trace',
        description: 'Every service, statement, command and event of the request, until the last consumer is done.',
        queries: [traceql('$trace')],
        empty: 'No trace: is the time range right?',
      }),
    ),
    row(
      'What was said meanwhile',
      logs({
        title: 'Lines in Loki',
        description: 'Of all services, by either id.',
        queries: [lokiLines(`{service_name=~".+"} | ${LOKI}`)],
        empty: 'No line with this id in this time',
      }),
      logs({
        title: 'Lines in Elasticsearch',
        description: 'The same from the other store. What is in one only has been lost on the way to the other.',
        queries: [elasticLines(LUCENE)],
        empty: 'No line with this id in this time',
      }),
    ),
  ],
})
