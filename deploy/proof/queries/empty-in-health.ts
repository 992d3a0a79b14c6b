/** A panel that has nothing to show while all is well. */
export type EmptyInHealth = {
  /** The uid of its dashboard. */
  dashboard: string
  panel: string
  because: string
  /** The fault of deploy/faults/matrix under which it must come alive; none when no fault of one machine can do it. */
  fault?: string
}

const NO_FAILURE = 'No request fails.'
const NO_LINE = 'Nothing is told above info.'
const NO_TRACE = 'No trace has an error.'
const NOT_SLOW = 'Nothing takes half a second.'
const NO_ALERT = 'No alert fires.'

/** All of them; any other panel that is empty is a fault. */
export const EMPTY_IN_HEALTH: readonly EmptyInHealth[] = [
  { dashboard: 'pharos-errors', panel: 'Answers that failed', because: NO_FAILURE, fault: 'posts-some-errors' },
  { dashboard: 'pharos-errors', panel: 'Use cases that failed', because: NO_FAILURE, fault: 'postgres-stopped' },
  { dashboard: 'pharos-errors', panel: 'Error events', because: NO_FAILURE, fault: 'posts-some-errors' },
  { dashboard: 'pharos-errors', panel: 'Routes that fail', because: NO_FAILURE, fault: 'posts-some-errors' },
  { dashboard: 'pharos-errors', panel: 'By what happened', because: NO_LINE, fault: 'posts-some-errors' },
  {
    dashboard: 'pharos-errors',
    panel: 'By type, as Elasticsearch has it',
    because: NO_LINE,
    fault: 'posts-some-errors',
  },
  { dashboard: 'pharos-errors', panel: 'Traces with an error', because: NO_TRACE, fault: 'posts-some-errors' },
  { dashboard: 'pharos-errors', panel: 'Error lines', because: NO_LINE, fault: 'posts-some-errors' },
  {
    dashboard: 'pharos-kafka',
    panel: 'Retries and duplicates',
    because: 'No store is away, so no event waits for one.',
    fault: 'postgres-stopped',
  },
  {
    dashboard: 'pharos-kafka',
    panel: 'Dead letters',
    because: 'Every event is handled.',
    fault: 'kafka-poison-message',
  },
  {
    dashboard: 'pharos-logs-elastic',
    panel: 'Errors and warnings by what happened',
    because: NO_LINE,
    fault: 'posts-some-errors',
  },
  { dashboard: 'pharos-logs-elastic', panel: 'By type of error', because: NO_LINE, fault: 'posts-some-errors' },
  { dashboard: 'pharos-logs-elastic', panel: 'Routes that fail', because: NO_FAILURE, fault: 'posts-some-errors' },
  { dashboard: 'pharos-logs-elastic', panel: 'Routes that are slow', because: NOT_SLOW, fault: 'users-slow' },
  { dashboard: 'pharos-logs-elastic', panel: 'Errors and warnings', because: NO_LINE, fault: 'posts-some-errors' },
  {
    dashboard: 'pharos-logs-loki',
    panel: 'Errors and warnings by what happened',
    because: NO_LINE,
    fault: 'posts-some-errors',
  },
  { dashboard: 'pharos-logs-loki', panel: 'Errors and warnings', because: NO_LINE, fault: 'posts-some-errors' },
  { dashboard: 'pharos-logs-loki', panel: 'Slow requests', because: NOT_SLOW, fault: 'users-slow' },
  { dashboard: 'pharos-overview', panel: 'Errors by route', because: NO_FAILURE, fault: 'posts-some-errors' },
  { dashboard: 'pharos-overview', panel: 'Alerts that fire', because: NO_ALERT, fault: 'posts-all-errors' },
  {
    dashboard: 'pharos-postgres',
    panel: 'Open transactions',
    because: 'No transaction is open for as long as a look takes.',
    fault: 'postgres-idle-in-transaction',
  },
  { dashboard: 'pharos-postgres', panel: 'Lag of replicas', because: 'One machine has no replica.' },
  { dashboard: 'pharos-request', panel: 'Parts that failed', because: NO_TRACE, fault: 'posts-some-errors' },
  {
    dashboard: 'pharos-request',
    panel: 'Errors and warnings, with stacks',
    because: NO_LINE,
    fault: 'posts-some-errors',
  },
  { dashboard: 'pharos-service', panel: 'Most failing routes', because: NO_FAILURE, fault: 'posts-some-errors' },
  {
    dashboard: 'pharos-service',
    panel: 'Shed, limited, retried',
    because: 'Nobody asks for more than there is, and no call fails.',
    fault: 'flood',
  },
  { dashboard: 'pharos-service', panel: 'Traces that failed', because: NO_TRACE, fault: 'posts-some-errors' },
  { dashboard: 'pharos-service', panel: 'Traces with a slow part in it', because: NOT_SLOW, fault: 'users-slow' },
  { dashboard: 'pharos-service', panel: 'Errors and warnings in Loki', because: NO_LINE, fault: 'posts-some-errors' },
  {
    dashboard: 'pharos-service',
    panel: 'Errors and warnings in Elasticsearch',
    because: NO_LINE,
    fault: 'posts-some-errors',
  },
  { dashboard: 'pharos-slo', panel: 'Budgets that burn', because: NO_ALERT, fault: 'posts-all-errors' },
  { dashboard: 'pharos-slo', panel: 'Bad events', because: NO_FAILURE, fault: 'posts-all-errors' },
  { dashboard: 'pharos-telemetry', panel: 'Pending and firing', because: NO_ALERT, fault: 'posts-all-errors' },
  {
    dashboard: 'pharos-telemetry',
    panel: 'Rules that failed or were late',
    because: 'Every rule is evaluated in time, whatever is broken.',
  },
  {
    dashboard: 'pharos-telemetry',
    panel: 'Lost',
    because: 'Every store takes what it is sent.',
    fault: 'elasticsearch-read-only',
  },
  { dashboard: 'pharos-traces', panel: 'With an error', because: NO_TRACE, fault: 'posts-some-errors' },
  {
    dashboard: 'pharos-traces',
    panel: 'That wait for a store',
    because: 'No store takes longer than 50 ms.',
    fault: 'postgres-slow',
  },
]

/** Recorded series that count what goes wrong, without the window at the end of their names: in health there are none. */
export const RECORDS_EMPTY_IN_HEALTH: readonly string[] = [
  'service_sli:gateway_failures',
  'service:gateway_failures',
  'service:events_dead',
  'service_caller:failed_calls',
  'service:retries',
  'service:requests_shed',
  'service_class:requests_limited',
  'service:logins_refused',
  'redis:cache_errors',
]
