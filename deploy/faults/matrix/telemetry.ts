import type { Fault } from '../fault.ts'

/** A part of the ops stack that answers no scrape: users notice nothing, and we see less. */
const stopped = (o: { part: string; service: string; breaks: string; panel: string }): Fault => ({
  name: `${o.part}-stopped`,
  breaks: o.breaks,
  see: { dashboard: 'pharos-telemetry', panel: o.panel },
  injection: { by: 'stop', part: o.part },
  sli: { query: `up{service="${o.service}",job!="probe"}`, is: 'below', bound: 1 },
  alerts: [{ alert: 'TargetDown', service: o.service, withinSeconds: 125 }],
  hard: true,
})

/** What watches: the collector, the stores of telemetry, the error tracker, exporters, and the lines themselves. */
export const telemetry: readonly Fault[] = [
  {
    name: 'collector-stopped',
    breaks: 'The collector stands still: spans are lost, log lines wait in their files.',
    see: { dashboard: 'pharos-telemetry', panel: 'Targets' },
    injection: { by: 'stop', part: 'collector' },
    sli: { query: 'up{job="collector"}', is: 'below', bound: 1 },
    alerts: [{ alert: 'CollectorDown', service: 'collector', withinSeconds: 125 }],
    hard: true,
  },
  stopped({
    part: 'loki',
    service: 'loki',
    breaks:
      'Loki stands still: no line can be looked up there, and no alert of lines comes. Lines wait in the collector.',
    panel: 'Targets',
  }),
  stopped({
    part: 'tempo',
    service: 'tempo',
    breaks: 'Tempo stands still: no trace can be looked up. Spans wait in the collector.',
    panel: 'Targets',
  }),
  stopped({
    part: 'redis-exporter',
    service: 'redis',
    breaks: 'The exporter of Redis stands still: Redis is well, and its dashboard has a gap.',
    panel: 'Targets',
  }),
  {
    name: 'elasticsearch-down',
    breaks: 'Elasticsearch does not come up any more: no line can be looked up there. Lines wait in the collector.',
    see: { dashboard: 'pharos-telemetry', panel: 'Elasticsearch: health' },
    // Killed while it starts as well. One that hangs takes its exporter along, and TargetDown tells.
    injection: { by: 'kill', part: 'elasticsearch', everySeconds: 3 },
    sli: { query: 'max(elasticsearch_cluster_health_up)', is: 'below', bound: 1 },
    alerts: [{ alert: 'ElasticsearchRed', service: 'elasticsearch', withinSeconds: 130 }],
    hard: true,
  },
  {
    name: 'elasticsearch-read-only',
    breaks:
      'Elasticsearch refuses every line, as it does when its disk is full; Loki has them, Elasticsearch never will.',
    see: { dashboard: 'pharos-logs-elastic', panel: 'Difference' },
    injection: { by: 'attack', name: 'elasticsearch-read-only' },
    sli: {
      query: 'sum(rate(otelcol_elasticsearch_docs_processed_total{error_type!=""}[1m]))',
      is: 'above',
      bound: 0,
    },
    alerts: [
      { alert: 'CollectorExportFailing', service: 'collector', withinSeconds: 150 },
      { alert: 'LogStoresDiverge', service: 'collector', withinSeconds: 420 },
    ],
    // It compares with what was ten minutes before, so that it takes as long to begin on a young system, and to end.
    resolvesWithinSeconds: 1200,
    hard: false,
  },
  {
    name: 'bugsink-stopped',
    breaks: 'The error tracker stands still: faults are kept in a file, and nobody can look at them in their place.',
    see: { dashboard: 'pharos-telemetry', panel: 'Duration of scrapes' },
    injection: { by: 'stop', part: 'bugsink' },
    sli: { query: 'max(probe_success{service="bugsink"})', is: 'below', bound: 1 },
    alerts: [{ alert: 'ProbeFailed', service: 'bugsink', withinSeconds: 125 }],
    hard: true,
  },
  {
    name: 'raw-line-in-logs',
    breaks: 'Something writes lines into the log of posts that no logger has made, as Node does when it dies.',
    see: { dashboard: 'pharos-logs-loki', panel: 'Errors and warnings' },
    injection: { by: 'attack', name: 'raw-lines' },
    sli: {
      query: 'sum(increase(log_lines_collected_total{service_name="posts",level="error"}[1m]))',
      is: 'above',
      bound: 0,
    },
    alerts: [{ alert: 'FatalLines', service: 'posts', withinSeconds: 75 }],
    hard: false,
  },
  {
    name: 'secret-in-logs',
    breaks: 'Lines of users hold an e-mail address; the collector masks it in the stores, the file has it as it is.',
    see: { dashboard: 'pharos-logs-loki', panel: 'Lines of the chosen services, levels and text' },
    injection: { by: 'attack', name: 'secret-lines' },
    sli: {
      query: 'sum(increase(log_lines_collected_total{service_name="users",level="debug"}[1m]))',
      is: 'above',
      bound: 0,
    },
    alerts: [{ alert: 'SecretInLogs', service: 'users', withinSeconds: 75 }],
    hard: false,
  },
]
