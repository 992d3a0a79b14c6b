/** A number in a condition that means something only with the length of a window. It is the last number of `text`. */
export type Guard = { rule: string; text: string; window: string }

const guard = (rule: string, text: string, window: string): Guard => ({ rule, text, window })

/**
 * How many events there must have been within a window: as many per second, and never one alone. Not the starts of a crash
 * loop: a version that is brought out and taken back is two, however short the window is.
 */
export const COUNTS: readonly Guard[] = [
  guard('EventAgeHigh', 'service_topic:events_handled:increase2m > 20', '2m'),
  guard('DuplicatesHigh', '[5m])) > 50', '5m'),
  guard('NotificationDelay', 'service_topic:events_handled:increase2m > 10', '2m'),
  guard('LoginFailureSpike', 'service:logins_refused:increase5m > 20', '5m'),
  guard('RegistrationsStopped', ') > 3', '2m'),
  guard('RegistrationsStopped', 'offset 30m) > 10', '30m'),
  guard('HeapGrowing', '[15m]) >= 3', '15m'),
  guard('PostgresDeadlocks', '[10m])) > 2', '10m'),
  guard('RuleEvaluationFailing', '[5m])) > 6', '5m'),
  guard('SpansDropped', 'service:spans_lost:increase2m > 20', '2m'),
  guard('SpansDropped', 'dropped_too_early_total[2m])) > 20', '2m'),
  guard('LogsMissing', '[2m])) > 12', '2m'),
  guard('LogsWithoutTraceId', '[5m])) > 10', '5m'),
  guard('LogStoresDiverge', 'exporter:log_records_sent:increase2m) > 100', '2m'),
  guard('LokiErrors', '[2m])) > 5', '2m'),
  guard('LokiErrors', '[2m])) > 100', '2m'),
  guard('ErrorEventsDropped', '[5m])) > 20', '5m'),
]

/** The same by the second: what was several events in the long window would be less than two in the short one. */
export const RATES: readonly Guard[] = [
  guard('ErrorRatioHigh', 'service:gateway_failures:rate2m > 0.05', '2m'),
  guard('DependencyErrors', 'service_caller:failed_calls:rate2m > 0.05', '2m'),
  guard('RedisSlow', 'redis:cache_errors:rate2m > 0.05', '2m'),
]

/** Ages that stand for the window beside them, and how far is foretold from what was seen in one. */
export const SPANS: readonly Guard[] = [
  guard('DeadLetters', 'time() - process_start_time_seconds < 600', '10m'),
  guard('HeapGrowing', 'time() - process_start_time_seconds > 600', '10m'),
  guard('NoTraffic', 'time() - process_start_time_seconds{job="services"}) > 120', '2m'),
  guard('HeapGrowing', '[15m], 4 * 3600', '15m'),
  guard('HostDiskFilling', '[1h], 4 * 3600', '1h'),
]

/**
 * Rules that look as far as ever: two counters that are scraped a moment apart differ always, and only over minutes is that
 * nothing; a group that has lost a member takes half a minute to come to itself, at any pace.
 */
export const UNHURRIED: ReadonlySet<string> = new Set([
  'LogStoresDiverge',
  'exporter:log_records_sent:increase10m',
  'ConsumerStalled',
])
