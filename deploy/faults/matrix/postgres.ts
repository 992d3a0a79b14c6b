import type { Fault } from '../fault.ts'
import { availabilityBurns, eventsLate, freshnessBurns, latencyBurns } from './following.ts'

const failing = (service: string): string =>
  `sum(service_sli:gateway_failures:rate30s{service="${service}"}) / sum(service_sli:gateway_requests:rate2m{service="${service}"})`

/** The one server that has all databases, and what its clients can do to it. */
export const postgres: readonly Fault[] = [
  {
    name: 'postgres-killed',
    breaks: 'PostgreSQL dies and recovers within seconds; what was under way in any service is an error.',
    see: { dashboard: 'pharos-postgres', panel: 'Running for' },
    injection: { by: 'kill', part: 'postgres' },
    sli: { query: 'changes(pg_server_start_time_seconds[1m])', is: 'above', bound: 0 },
    alerts: [{ alert: 'RestartedUnexpectedly', service: 'postgres', withinSeconds: 75 }],
    mayFire: availabilityBurns(),
    hard: true,
  },
  {
    name: 'postgres-stopped',
    breaks: 'PostgreSQL answers nothing: what is cached can be read, all else is 503 in every service.',
    see: { dashboard: 'pharos-overview', panel: 'Readiness' },
    injection: { by: 'stop', part: 'postgres' },
    sli: { query: 'max(app_dependency_up{dependency="postgres"})', is: 'below', bound: 1 },
    alerts: [{ alert: 'PostgresDown', service: 'postgres', withinSeconds: 70 }],
    // The exporter waits for PostgreSQL and does not answer either.
    mayFire: [{ alert: 'TargetDown', service: 'postgres' }, freshnessBurns, ...availabilityBurns(), ...latencyBurns()],
    hard: true,
  },
  {
    name: 'postgres-slow',
    breaks: 'PostgreSQL stands still for 0.6 s out of 1.5 s: whatever is not cached takes long.',
    see: { dashboard: 'pharos-postgres', panel: 'Statement latency' },
    injection: { by: 'stutter', part: 'postgres', forMs: 600, thenMs: 900 },
    sli: {
      query:
        'max(service:slow_statements:rate30s{service!="auth"} / on (service) sum by (service) (rate(db_client_operation_duration_seconds_count[30s])))',
      is: 'above',
      bound: 0.05,
    },
    alerts: [{ alert: 'SlowStatements', service: 'posts', withinSeconds: 160 }],
    mayFire: [
      { alert: 'SlowStatements' },
      { alert: 'PoolWaitHigh' },
      { alert: 'LatencyP99High' },
      { alert: 'ScrapeSlow', service: 'postgres' },
      freshnessBurns,
      ...availabilityBurns(),
      ...latencyBurns(),
    ],
    hard: false,
  },
  {
    name: 'postgres-connections-taken',
    breaks: 'Somebody holds nearly all connections; services keep those that they have and get no more.',
    see: { dashboard: 'pharos-postgres', panel: 'Connections taken' },
    injection: { by: 'attack', name: 'postgres-connections' },
    sli: {
      query: 'sum(pg_sessions_count) / (max(pg_server_max_connections) - max(pg_server_reserved_connections))',
      is: 'above',
      bound: 0.8,
    },
    alerts: [{ alert: 'PostgresConnectionsHigh', service: 'postgres', withinSeconds: 125 }],
    hard: false,
  },
  {
    name: 'relations-rows-locked',
    breaks: 'A session holds the rows in which follows are counted: nobody can follow or unfollow, everybody can look.',
    see: { dashboard: 'pharos-postgres', panel: 'Waiting for locks' },
    injection: { by: 'attack', name: 'lock-follow-counts' },
    sli: { query: failing('relations'), is: 'above', bound: 0.05 },
    alerts: [
      { alert: 'PostgresLongTransaction', service: 'postgres', withinSeconds: 140 },
      { alert: 'ErrorRatioHigh', service: 'relations', withinSeconds: 110 },
      { alert: 'SlowStatements', service: 'relations', withinSeconds: 140 },
    ],
    mayFire: [
      { alert: 'PoolExhausted', service: 'relations' },
      { alert: 'PoolWaitHigh', service: 'relations' },
      { alert: 'LatencyP99High', service: 'relations' },
      { alert: 'PostgresRollbacksHigh', service: 'postgres' },
      freshnessBurns,
      ...availabilityBurns('relations'),
      ...latencyBurns('relations'),
    ],
    hard: true,
  },
  {
    name: 'posts-table-locked',
    breaks: 'A session has the table of posts to itself, as a careless migration would: lists and new posts fail.',
    see: { dashboard: 'pharos-postgres', panel: 'Waiting for locks' },
    injection: { by: 'attack', name: 'lock-posts' },
    sli: { query: failing('posts'), is: 'above', bound: 0.05 },
    alerts: [
      { alert: 'ErrorRatioHigh', service: 'posts', withinSeconds: 110 },
      { alert: 'PostgresLongTransaction', service: 'postgres', withinSeconds: 140 },
      { alert: 'SlowStatements', service: 'posts', withinSeconds: 140 },
    ],
    mayFire: [
      { alert: 'PoolExhausted', service: 'posts' },
      { alert: 'PoolWaitHigh', service: 'posts' },
      { alert: 'LatencyP99High', service: 'posts' },
      { alert: 'PostgresRollbacksHigh', service: 'postgres' },
      // Its connections all wait, so that its readiness has none, and its consumer neither.
      { alert: 'NotReady', service: 'posts' },
      ...eventsLate('posts'),
      ...availabilityBurns('posts'),
      ...latencyBurns('posts'),
    ],
    hard: true,
  },
  {
    name: 'postgres-idle-in-transaction',
    breaks: 'A session has begun a transaction and forgotten it: vacuum cannot clean up behind it, and its locks stay.',
    see: { dashboard: 'pharos-postgres', panel: 'Open transactions' },
    injection: { by: 'attack', name: 'idle-in-transaction' },
    sli: {
      query: 'max(pg_sessions_oldest_state_seconds{state=~"idle in transaction.*"})',
      is: 'above',
      bound: 15,
    },
    alerts: [{ alert: 'PostgresIdleInTransaction', service: 'postgres', withinSeconds: 100 }],
    hard: false,
  },
  {
    name: 'postgres-deadlocks',
    breaks: 'Two programs lock the same things in different orders; PostgreSQL ends one of them each time.',
    see: { dashboard: 'pharos-postgres', panel: 'Deadlocks' },
    injection: { by: 'attack', name: 'deadlocks' },
    sli: { query: 'sum(increase(pg_stat_database_deadlocks[1m]))', is: 'above', bound: 0 },
    alerts: [{ alert: 'PostgresDeadlocks', service: 'postgres', withinSeconds: 80 }],
    mayFire: [{ alert: 'PostgresRollbacksHigh', service: 'postgres' }],
    hard: false,
  },
]
