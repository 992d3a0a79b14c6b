import { dashboard, row } from '../dashboard.ts'
import { increase, quantile, rate } from '../expressions.ts'
import { stateTimeline, timeseries } from '../graphs.ts'
import { columnOf, labelOf, toDashboard, toLogs, toRunbook, toService } from '../links.ts'
import { prom, promNow } from '../queries.ts'
import { happened } from '../rare.ts'
import { table } from '../tables.ts'
import { gauge, stat } from '../tiles.ts'
import { runbooksVariable, serviceVariable, windowVariable } from '../variables.ts'

const SERVICE = 'service=~"$service"'
const OURS = `job="services", ${SERVICE}`
const UP = { 0: ['down', 'red'], 1: ['up', 'green'] } as const

const overWindow = { by: 'service', where: SERVICE, over: '$window' }
const perRequest = (what: string): string =>
  `${what} / (${rate('http_server_request_duration_seconds_count', overWindow)} > 0)`
const spans = rate('otel_spans_exported_total', overWindow)
const lines = rate('log_lines_total', overWindow)
const byGroup = (expr: string): string =>
  `max by (group) (label_replace(${expr}, "group", "\${1}", "rule_group", ".*;(.*)"))`
const queue = 'max by (exporter) (otelcol_exporter_queue_size / otelcol_exporter_queue_capacity)'

const blind = row('Are we blind somewhere', [
  stat({
    title: 'Targets down',
    description: 'Targets whose last scrape failed. What they would tell is missing everywhere else.',
    links: [toRunbook('TargetDown')],
    unit: 'short',
    limits: { critical: 1 },
    queries: [promNow('count(up == 0) or vector(0)', 'down')],
  }),
  stat({
    title: 'Last Watchdog',
    description: 'Time since the alert that always fires reached whoever is on call. When it grows, alerts get lost.',
    unit: 's',
    limits: { warning: 300, critical: 900 },
    links: [toRunbook('Watchdog')],
    queries: [promNow('time() - max(oncall_last_watchdog_timestamp_seconds)', 'ago')],
  }),
  stat({
    title: 'Notifications that failed',
    description: 'Notifications that Alertmanager could not send within the window.',
    unit: 'short',
    decimals: 0,
    limits: { critical: 1 },
    links: [toRunbook('AlertDeliveryFailing')],
    queries: [promNow(increase('alertmanager_notifications_failed_total', { over: '$window' }), 'failed')],
  }),
  stat({
    title: 'Rules that failed',
    description: 'Rules that could not be evaluated within the window: their alerts cannot fire.',
    unit: 'short',
    decimals: 0,
    limits: { critical: 1 },
    links: [toRunbook('RuleEvaluationFailing')],
    queries: [promNow(increase('prometheus_rule_evaluation_failures_total', { over: '$window' }), 'failed')],
  }),
  gauge({
    title: 'Queues of the collector',
    description: 'The fullest queue to a back end. A full one drops what comes next.',
    unit: 'percentunit',
    min: 0,
    max: 1,
    limits: { warning: 0.5, critical: 0.8 },
    links: [toRunbook('CollectorQueueFull')],
    queries: [promNow(`max(${queue})`, 'fullest')],
  }),
  stat({
    title: 'Dropped by the services',
    description: 'Spans, lines and error events that services lost within the window.',
    unit: 'short',
    decimals: 0,
    limits: { critical: 1 },
    links: [toRunbook('SpansDropped')],
    queries: [
      promNow(
        `${increase('otel_spans_dropped_total', { over: '$window' })} + ${increase('log_lines_dropped_total', { over: '$window' })} + (${happened('error_events_total', { where: 'outcome="failed"', over: '$window' })} or vector(0))`,
        'dropped',
      ),
    ],
  }),
  stat({
    title: 'Series',
    description: 'Series that Prometheus holds, which is what it costs. A jump is a label without bound.',
    unit: 'short',
    limits: { warning: 50_000, critical: 60_000 },
    links: [toRunbook('SeriesGrowth')],
    queries: [prom('max(prometheus_tsdb_head_series)', 'series')],
  }),
])

const scrapes = row(
  'Prometheus',
  [
    stateTimeline({
      title: 'Targets',
      description: 'Whether each target answers its scrapes.',
      states: UP,
      height: 14,
      links: [toService(labelOf('service'))],
      queries: [prom('min by (job, service) (up)', '{{job}} {{service}}')],
    }),
    timeseries({
      title: 'Duration of scrapes',
      description: 'How long each target took to tell its metrics. It comes every 5 s.',
      unit: 's',
      height: 14,
      limits: { warning: 1, critical: 4 },
      links: [toService(labelOf('service'))],
      queries: [prom('max by (job, service) (scrape_duration_seconds)', '{{job}} {{service}}')],
    }),
    timeseries({
      title: 'Series of each target',
      description: 'Who costs how much. A service whose number climbs has a label with values from callers.',
      unit: 'short',
      height: 14,
      stacked: true,
      links: [toService(labelOf('service'))],
      queries: [prom('sum by (job, service) (scrape_samples_post_metric_relabeling)', '{{job}} {{service}}')],
    }),
  ],
  [
    timeseries({
      title: 'Series',
      description: 'Series held, and those that are new per minute. Steady news without deploys is churn.',
      links: [toRunbook('SeriesGrowth')],
      unit: 'short',
      queries: [
        prom('max(prometheus_tsdb_head_series)', 'held'),
        prom(`60 * ${rate('prometheus_tsdb_head_series_created_total')}`, 'new per minute'),
      ],
    }),
    timeseries({
      title: 'Samples and exemplars stored',
      description: 'What comes in per second. Exemplars lead from a latency to its trace.',
      links: [toRunbook('SeriesGrowth')],
      unit: 'cps',
      queries: [
        prom(rate('prometheus_tsdb_head_samples_appended_total'), 'samples'),
        prom(rate('prometheus_tsdb_exemplar_exemplars_appended_total'), 'exemplars'),
      ],
    }),
    timeseries({
      title: 'Time that rules take',
      description: 'Share of its interval that each group of rules needs. At 100 % evaluations are left out.',
      links: [toRunbook('RuleEvaluationFailing')],
      unit: 'percentunit',
      limits: { warning: 0.5, critical: 0.9 },
      queries: [
        prom(
          byGroup('prometheus_rule_group_last_duration_seconds / prometheus_rule_group_interval_seconds'),
          '{{group}}',
        ),
      ],
    }),
    timeseries({
      title: 'Rules that failed or were late',
      description: 'Failed evaluations and those left out, per group.',
      links: [toRunbook('RuleEvaluationFailing')],
      unit: 'short',
      limits: { critical: 1 },
      empty: 'None',
      queries: [
        prom(
          `${byGroup('increase(prometheus_rule_evaluation_failures_total[$__rate_interval])')} > 0`,
          '{{group}} failed',
        ),
        prom(
          `${byGroup('increase(prometheus_rule_group_iterations_missed_total[$__rate_interval])')} > 0`,
          '{{group}} left out',
        ),
      ],
    }),
  ],
)

const alerts = row('Alerts on their way', [
  timeseries({
    title: 'Pending and firing',
    description: 'Alerts by name and state, without the one that always fires.',
    unit: 'short',
    stacked: true,
    empty: 'No alert',
    links: [toRunbook(labelOf('alertname'))],
    queries: [prom('count by (alertname, alertstate) (ALERTS{alertname!="Watchdog"})', '{{alertname}} {{alertstate}}')],
  }),
  timeseries({
    title: 'From Prometheus to Alertmanager',
    description: 'Alerts sent, those that failed or were dropped, and those that wait.',
    links: [toRunbook('AlertDeliveryFailing')],
    unit: 'short',
    queries: [
      prom(rate('prometheus_notifications_sent_total'), 'sent per second'),
      prom(rate('prometheus_notifications_errors_total'), 'failed per second'),
      prom(rate('prometheus_notifications_dropped_total'), 'dropped per second'),
      prom('max(prometheus_notifications_queue_length)', 'waiting'),
    ],
  }),
  timeseries({
    title: 'From Alertmanager to us',
    description: 'Notifications by way, those that failed, and what the on-call receiver has taken.',
    links: [toRunbook('AlertDeliveryFailing')],
    unit: 'short',
    queries: [
      prom(`${rate('alertmanager_notifications_total', { by: 'integration' })} > 0`, '{{integration}} per second'),
      prom(`${rate('alertmanager_notifications_failed_total', { by: 'integration' })} > 0`, '{{integration}} failed'),
      prom(rate('oncall_notifications_total', { by: 'status' }), 'received {{status}}'),
    ],
  }),
  timeseries({
    title: 'Known to Alertmanager',
    description: 'Alerts and silences by state. A forgotten silence hides what is real.',
    links: [toDashboard('Overview', 'pharos-overview')],
    unit: 'short',
    queries: [
      prom('sum by (state) (alertmanager_alerts)', 'alerts {{state}}'),
      prom('sum by (state) (alertmanager_silences)', 'silences {{state}}'),
    ],
  }),
])

const collector = row(
  'Collector',
  [
    timeseries({
      title: 'Accepted',
      description: 'Spans, lines and points that came in per second.',
      links: [toRunbook('CollectorRefusing')],
      unit: 'cps',
      queries: [
        prom(rate('otelcol_receiver_accepted_spans_total', { by: 'receiver' }), 'spans from {{receiver}}'),
        prom(rate('otelcol_receiver_accepted_log_records_total', { by: 'receiver' }), 'lines from {{receiver}}'),
        prom(rate('otelcol_receiver_accepted_metric_points_total', { by: 'receiver' }), 'points from {{receiver}}'),
      ],
    }),
    timeseries({
      title: 'Refused',
      description: 'What the collector sent back because it was short of memory. Senders try again, then drop.',
      unit: 'cps',
      limits: { critical: 1 },
      links: [toRunbook('CollectorRefusing')],
      queries: [
        prom(rate('otelcol_receiver_refused_spans_total', { by: 'receiver' }), 'spans from {{receiver}}'),
        prom(rate('otelcol_receiver_refused_log_records_total', { by: 'receiver' }), 'lines from {{receiver}}'),
      ],
    }),
    timeseries({
      title: 'Delivered',
      description: 'What each back end has taken per second.',
      links: [toRunbook('CollectorExportFailing')],
      unit: 'cps',
      queries: [
        prom(rate('otelcol_exporter_sent_spans_total', { by: 'exporter' }), 'spans to {{exporter}}'),
        prom(rate('otelcol_exporter_sent_log_records_total', { by: 'exporter' }), 'lines to {{exporter}}'),
      ],
    }),
    timeseries({
      title: 'Lost',
      description: 'What a back end did not take after all retries, and what its full queue did not take.',
      unit: 'cps',
      limits: { critical: 1 },
      empty: 'Nothing lost since the start',
      links: [toRunbook('CollectorExportFailing')],
      queries: [
        prom(rate('otelcol_exporter_send_failed_spans_total', { by: 'exporter' }), 'spans to {{exporter}}'),
        prom(rate('otelcol_exporter_send_failed_log_records_total', { by: 'exporter' }), 'lines to {{exporter}}'),
        prom(
          rate('otelcol_elasticsearch_docs_processed_total', { by: 'error_type', where: 'error_type!=""' }),
          'lines refused by Elasticsearch: {{error_type}}',
        ),
        prom(rate('otelcol_exporter_enqueue_failed_spans_total', { by: 'exporter' }), 'spans before {{exporter}}'),
        prom(
          rate('otelcol_exporter_enqueue_failed_log_records_total', { by: 'exporter' }),
          'lines before {{exporter}}',
        ),
      ],
    }),
  ],
  [
    timeseries({
      title: 'Queues',
      description: 'How full the queue to each back end is. It fills while that one is away, and empties afterwards.',
      unit: 'percentunit',
      max: 1,
      limits: { warning: 0.5, critical: 0.8 },
      links: [toRunbook('CollectorQueueFull')],
      queries: [prom(queue, '{{exporter}}')],
    }),
    timeseries({
      title: 'Traces kept and left out',
      description: 'Decisions about whole traces per second: errors and slow ones are kept, and a share of the rest.',
      unit: 'ops',
      stacked: true,
      links: [toDashboard('Traces', 'pharos-traces')],
      queries: [
        prom(
          rate('otelcol_processor_tail_sampling_global_count_traces_sampled_total', { by: 'decision' }),
          '{{decision}}',
        ),
      ],
    }),
    timeseries({
      title: 'What the collector takes',
      description: 'Memory that the collector holds. It refuses before it reaches its limit.',
      links: [toRunbook('CollectorRefusing')],
      unit: 'bytes',
      queries: [
        prom('max(otelcol_process_memory_rss_bytes)', 'held'),
        prom('max(otelcol_process_runtime_heap_alloc_bytes)', 'heap'),
      ],
    }),
  ],
)

const senders = row(
  'What the services send, and what it costs them',
  [
    timeseries({
      title: 'Spans',
      description: 'Spans that left the queue of each service by outcome, and those dropped because it was full.',
      unit: 'cps',
      links: [toService(labelOf('service'))],
      queries: [
        prom(rate('otel_spans_exported_total', { by: 'service, outcome', where: OURS }), '{{service}} {{outcome}}'),
        prom(`${rate('otel_spans_dropped_total', { by: 'service', where: OURS })} > 0`, '{{service}} dropped'),
      ],
    }),
    timeseries({
      title: 'Lines written and read',
      description: 'What services wrote against what the collector read. A gap is a file that is not followed.',
      unit: 'cps',
      links: toLogs(labelOf('service'), 'info'),
      queries: [
        prom(rate('log_lines_total', { by: 'service', where: OURS }), '{{service}} written'),
        prom(
          rate('log_lines_collected_total', { by: 'service_name', where: 'service_name=~"$service"' }),
          '{{service_name}} read',
        ),
      ],
    }),
    timeseries({
      title: 'Lost in the services',
      description:
        'Lines that nobody read from standard output, spans that failed to leave, error events that could not be sent.',
      unit: 'cps',
      limits: { critical: 1 },
      links: toLogs(labelOf('service')),
      queries: [
        prom(rate('log_lines_dropped_total', { by: 'service', where: OURS }), '{{service}} lines'),
        prom(
          rate('otel_spans_exported_total', { by: 'service', where: `${OURS}, outcome="failed"` }),
          '{{service}} spans',
        ),
        prom(
          rate('error_events_total', { by: 'service', where: `${OURS}, outcome="failed"` }),
          '{{service}} error events',
        ),
      ],
    }),
  ],
  table({
    title: 'Cost of each service',
    description: 'What each service sends in series, lines and spans. More than a few lines a request is chatter.',
    by: { service: 'Service' },
    order: 'Series',
    links: [toService(columnOf('service'))],
    columns: [
      { name: 'Series', expr: `sum by (service) (scrape_samples_post_metric_relabeling{${OURS}})`, unit: 'short' },
      {
        name: 'Scrape',
        expr: `max by (service) (scrape_duration_seconds{${OURS}})`,
        unit: 's',
        limits: { warning: 1, critical: 4 },
      },
      { name: 'Lines', expr: lines, unit: 'cps' },
      {
        name: 'Lines a request',
        expr: perRequest(lines),
        unit: 'short',
        decimals: 2,
        limits: { warning: 3, critical: 10 },
      },
      { name: 'Spans', expr: spans, unit: 'cps' },
      { name: 'Spans a request', expr: perRequest(spans), unit: 'short', decimals: 2 },
    ],
  }),
)

const stores = row(
  'Back ends',
  [
    timeseries({
      title: 'Loki: lines',
      description: 'Lines taken per second, and those refused for their rate, age or size.',
      unit: 'cps',
      links: [toDashboard('Logs in Loki', 'pharos-logs-loki')],
      queries: [
        prom(rate('loki_distributor_lines_received_total'), 'taken'),
        prom(`${rate('loki_discarded_samples_total', { by: 'reason' })} > 0`, 'refused {{reason}}'),
      ],
    }),
    timeseries({
      title: 'Loki: requests',
      description: 'p99 of writing and of queries, and the share of requests that failed.',
      unit: 's',
      links: [toRunbook('LokiErrors')],
      queries: [
        prom(
          quantile(0.99, 'loki_request_duration_seconds', {
            by: 'route',
            where: 'route=~"otlp_v1_logs|loki_api_v1_query.*"',
          }),
          '{{route}} p99',
        ),
        prom(
          `${rate('loki_request_duration_seconds_count', { where: 'status_code=~"5.."' })} > 0`,
          'failed per second',
        ),
      ],
    }),
    timeseries({
      title: 'Loki: streams',
      description: 'Streams in memory. They are services by level: a climb is a label that must not be one.',
      links: [toRunbook('LokiErrors')],
      unit: 'short',
      limits: { warning: 100, critical: 500 },
      queries: [prom('sum(loki_ingester_memory_streams)', 'streams')],
    }),
  ],
  [
    timeseries({
      title: 'Tempo: spans',
      description: 'Spans taken per second, and those refused.',
      unit: 'cps',
      links: [toDashboard('Traces', 'pharos-traces')],
      queries: [
        prom(rate('tempo_distributor_spans_received_total'), 'taken'),
        prom(`${rate('tempo_discarded_spans_total', { by: 'reason' })} > 0`, 'refused {{reason}}'),
      ],
    }),
    timeseries({
      title: 'Tempo: traces in memory',
      description: 'Traces that are not cut into a block yet, and blocks that could not be written.',
      links: [toDashboard('Traces', 'pharos-traces')],
      unit: 'short',
      queries: [
        prom('sum(tempo_ingester_live_traces)', 'live'),
        prom(increase('tempo_ingester_failed_flushes_total', { over: '$__rate_interval' }), 'failed to be written'),
      ],
    }),
    timeseries({
      title: 'Tempo: requests',
      description: 'p99 of searches and of traces by id.',
      links: [toDashboard('Traces', 'pharos-traces')],
      unit: 's',
      queries: [
        prom(
          quantile(0.99, 'tempo_request_duration_seconds', { by: 'route', where: 'route=~"api_.*"' }),
          '{{route}} p99',
        ),
      ],
    }),
  ],
  [
    stateTimeline({
      title: 'Elasticsearch: health',
      description:
        'Red: some lines cannot be read or written. Yellow: a copy is missing, as on a single node with replicas.',
      states: { 0: ['green', 'green'], 1: ['yellow', 'yellow'], 2: ['red', 'red'] },
      links: [toRunbook('ElasticsearchRed')],
      queries: [
        prom(
          'max(elasticsearch_cluster_health_status{color="red"}) * 2 + max(elasticsearch_cluster_health_status{color="yellow"})',
          'cluster',
        ),
      ],
    }),
    timeseries({
      title: 'Elasticsearch: lines',
      description: 'Lines indexed per second, and work it refused because its queues were full.',
      unit: 'cps',
      links: [toDashboard('Logs in Elasticsearch', 'pharos-logs-elastic')],
      queries: [
        prom(rate('elasticsearch_indices_indexing_index_total'), 'indexed'),
        prom(`${rate('elasticsearch_thread_pool_rejected_count', { by: 'type' })} > 0`, 'refused {{type}}'),
      ],
    }),
    timeseries({
      title: 'Elasticsearch: heap',
      description: 'Share of the heap in use. Above 85 % for long it collects garbage instead of working.',
      links: [toRunbook('ElasticsearchRed')],
      unit: 'percentunit',
      max: 1,
      limits: { warning: 0.85, critical: 0.95 },
      queries: [
        prom(
          'max(elasticsearch_jvm_memory_used_bytes{area="heap"} / elasticsearch_jvm_memory_max_bytes{area="heap"})',
          'heap',
        ),
      ],
    }),
    timeseries({
      title: 'Elasticsearch: size',
      description: 'What the lines take on disk, by index.',
      links: [toDashboard('The host', 'pharos-hosts')],
      unit: 'bytes',
      queries: [
        prom('sum by (index) (elasticsearch_indices_store_size_bytes_total{index=~".*pharos.*"})', '{{index}}'),
      ],
    }),
  ],
)

export const pharosTelemetry = dashboard({
  uid: 'pharos-telemetry',
  title: 'Telemetry of the telemetry',
  folder: 'Meta',
  question:
    '**Can we believe what the other dashboards show, and what does it cost?** Along the way of each signal: scrapes and rules, alerts, collector, services, back ends. A red tile here is the first thing to mend.',
  variables: [serviceVariable(), windowVariable(), runbooksVariable()],
  links: [toDashboard('Hosts and containers', 'pharos-hosts')],
  rows: [blind, scrapes, alerts, collector, senders, stores],
})
