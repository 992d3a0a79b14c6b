import { dashboard, collapsedRow, row } from '../dashboard.ts'
import { increase, quantile, rate } from '../expressions.ts'
import { timeseries } from '../graphs.ts'
import { columnOf, labelOf, toDashboard, toRunbook, toService, toTraces } from '../links.ts'
import { prom, promNow } from '../queries.ts'
import { table } from '../tables.ts'
import { gauge, stat } from '../tiles.ts'
import { labelVariable, runbooksVariable, serviceVariable, windowVariable } from '../variables.ts'

const SERVICE = 'service=~"$service"'
const DATABASE = 'datname=~"$database"'
const STATEMENT = 'db_client_operation_duration_seconds'
const UP = { 0: ['away', 'red'], 1: ['up', 'green'] } as const

const databaseVariable = () =>
  labelVariable({
    name: 'database',
    label: 'Database',
    description: 'Databases of the server; each service has one.',
    of: 'label_values(pg_stat_database_numbackends{datname=~"pharos_.*"}, datname)',
    all: 'pharos_.*',
  })

const byStatement = { by: 'service, statement', where: SERVICE, over: '$window' }

const perTable = (metric: string): string => `sum by (datname, relname) (${metric}{${DATABASE}})`
const ratePerTable = (metric: string): string =>
  rate(metric, { by: 'datname, relname', where: DATABASE, over: '$window' })
const ratePerStatement = (metric: string): string =>
  rate(metric, { by: 'datname, statement', where: DATABASE, over: '$window' })

const found = rate('pg_stat_database_blks_hit', { where: DATABASE })

const wellbeing = row('Is the server well', [
  stat({
    title: 'Server',
    description: 'Whether the exporter reaches PostgreSQL. If not, every service with a database answers 503.',
    links: [toRunbook('PostgresDown')],
    unit: 'short',
    states: UP,
    queries: [promNow('min(pg_up)', 'PostgreSQL')],
  }),
  gauge({
    title: 'Connections taken',
    description:
      'Client sessions as a share of those allowed. At 100 % services cannot connect: look for who holds them below.',
    links: [toRunbook('PostgresConnectionsHigh')],
    unit: 'percentunit',
    min: 0,
    max: 1,
    limits: { warning: 0.7, critical: 0.8 },
    queries: [
      promNow(
        'sum(pg_sessions_count) / (max(pg_server_max_connections) - max(pg_server_reserved_connections))',
        'taken',
      ),
    ],
  }),
  gauge({
    title: 'Found in memory',
    description:
      'Blocks that were in shared buffers, of all that were asked for. Below 95 % the data has outgrown memory.',
    links: [toRunbook('PostgresCacheHitLow')],
    unit: 'percentunit',
    min: 0,
    max: 1,
    limits: { warning: 0.98, critical: 0.95, below: true },
    queries: [prom(`${found} / (${found} + ${rate('pg_stat_database_blks_read', { where: DATABASE })})`, 'hit')],
  }),
  stat({
    title: 'Transactions',
    description: 'Committed transactions per second.',
    links: [toDashboard('Who asks for them', 'pharos-overview')],
    unit: 'ops',
    queries: [prom(rate('pg_stat_database_xact_commit', { where: DATABASE }), 'commits')],
  }),
  stat({
    title: 'Oldest transaction',
    description:
      'Age of the longest open transaction. Minutes mean a forgotten or stuck one: it holds locks and keeps dead rows.',
    links: [toRunbook('PostgresLongTransaction')],
    unit: 's',
    limits: { warning: 10, critical: 60 },
    queries: [promNow('max(pg_sessions_oldest_transaction_seconds{state!="idle"}) or vector(0)', 'oldest')],
  }),
  stat({
    title: 'Deadlocks',
    description: 'Deadlocks within the window; each one cost a request its transaction.',
    links: [toRunbook('PostgresDeadlocks')],
    unit: 'short',
    decimals: 0,
    limits: { critical: 1 },
    queries: [promNow(increase('pg_stat_database_deadlocks', { where: DATABASE, over: '$window' }), 'deadlocks')],
  }),
  stat({
    title: 'Running for',
    description: 'Time since the server started. A small number explains cold caches and a gap in every service.',
    links: [toDashboard('The host', 'pharos-hosts')],
    unit: 's',
    queries: [promNow('time() - max(pg_server_start_time_seconds)', 'uptime')],
  }),
])

const pools = row(
  'What the services see',
  [
    timeseries({
      title: 'Statement latency',
      description:
        'How long statements took as each service sees it. If it is high here and not below, the way or the pool is slow.',
      unit: 's',
      links: [toTraces(labelOf('service'))],
      queries: [
        prom(quantile(0.5, STATEMENT, { by: 'service', where: SERVICE }), '{{service}} p50'),
        prom(quantile(0.99, STATEMENT, { by: 'service', where: SERVICE }), '{{service}} p99'),
      ],
    }),
    timeseries({
      title: 'Statements',
      description: 'Statements per second and service.',
      unit: 'ops',
      links: [toService(labelOf('service'))],
      queries: [
        prom(rate('db_client_operation_duration_seconds_count', { by: 'service', where: SERVICE }), '{{service}}'),
      ],
    }),
  ],
  [
    timeseries({
      title: 'Connections of the pools',
      description:
        'Connections by state. All used and some pending: the pool is too small, or something holds its connections.',
      unit: 'short',
      stacked: true,
      links: [toService(labelOf('service'))],
      queries: [prom(`sum by (service, state) (db_client_connections{${SERVICE}})`, '{{service}} {{state}}')],
    }),
    timeseries({
      title: 'Wait for a connection',
      description:
        'How long a request waited for the pool before its first statement. It should be below a millisecond.',
      unit: 's',
      limits: { warning: 0.05, critical: 0.25 },
      links: [toTraces(labelOf('service'))],
      queries: [
        prom(quantile(0.99, 'db_client_connection_wait_seconds', { by: 'service', where: SERVICE }), '{{service}} p99'),
      ],
    }),
    timeseries({
      title: 'Callers without a connection',
      description: 'Requests that wait for the pool at the moment of the scrape; it ought to be zero.',
      unit: 'short',
      limits: { critical: 5 },
      links: [toService(labelOf('service'))],
      queries: [prom(`sum by (service) (db_client_connections{${SERVICE}, state="pending"})`, '{{service}}')],
    }),
  ],
  table({
    title: 'Statements of the services',
    description: 'Where the time of the pools goes. The first rows are worth an index or a cache.',
    by: { service: 'Service', statement: 'Statement' },
    order: 'Share of a connection',
    links: [toService(columnOf('service')), toTraces(columnOf('service'))],
    columns: [
      {
        name: 'Share of a connection',
        expr: rate(`${STATEMENT}_sum`, byStatement),
        unit: 'percentunit',
      },
      {
        name: 'Calls',
        expr: rate(`${STATEMENT}_count`, byStatement),
        unit: 'ops',
      },
      {
        name: 'Mean',
        expr: `${rate(`${STATEMENT}_sum`, byStatement)} / (${rate(`${STATEMENT}_count`, byStatement)} > 0)`,
        unit: 's',
      },
      {
        name: 'p99',
        expr: quantile(0.99, STATEMENT, byStatement),
        unit: 's',
        limits: { warning: 0.1, critical: 0.5 },
      },
    ],
  }),
)

const load = row(
  'What the server does',
  [
    timeseries({
      title: 'Sessions',
      description:
        'Client sessions by database and state. Many idle in transaction are code that waits with a transaction open.',
      links: [toRunbook('PostgresIdleInTransaction')],
      unit: 'short',
      stacked: true,
      queries: [prom(`sum by (datname, state) (pg_sessions_count{${DATABASE}})`, '{{datname}} {{state}}')],
    }),
    timeseries({
      title: 'Commits and rollbacks',
      description:
        'Transactions per second. A growing share of rollbacks is refused writes, conflicts or a fault in code.',
      links: [toRunbook('PostgresRollbacksHigh')],
      unit: 'ops',
      queries: [
        prom(rate('pg_stat_database_xact_commit', { by: 'datname', where: DATABASE }), '{{datname}} commits'),
        prom(rate('pg_stat_database_xact_rollback', { by: 'datname', where: DATABASE }), '{{datname}} rollbacks'),
      ],
    }),
    timeseries({
      title: 'Open transactions',
      empty: 'No transaction is open',
      description: 'Age of the oldest transaction per database, and of the longest stay in idle in transaction.',
      links: [toRunbook('PostgresLongTransaction')],
      unit: 's',
      limits: { warning: 10, critical: 60 },
      queries: [
        prom(`max by (datname) (pg_sessions_oldest_transaction_seconds{${DATABASE}, state!="idle"})`, '{{datname}}'),
        prom(
          `max by (datname) (pg_sessions_oldest_state_seconds{${DATABASE}, state=~"idle in transaction.*"})`,
          '{{datname}} idle in transaction',
        ),
      ],
    }),
  ],
  [
    timeseries({
      title: 'Waiting for locks',
      description:
        'Sessions that wait for a lock, and deadlocks. The holder is the session with the oldest transaction.',
      links: [toRunbook('PostgresDeadlocks')],
      unit: 'short',
      queries: [
        prom(`sum by (datname) (pg_sessions_waiting_for_lock{${DATABASE}})`, '{{datname}} waiting'),
        prom(
          increase('pg_stat_database_deadlocks', { by: 'datname', where: DATABASE, over: '$__rate_interval' }),
          '{{datname}} deadlocks',
        ),
      ],
    }),
    timeseries({
      title: 'Rows changed',
      description: 'Rows written per second and how: what fills the log and makes work for vacuum.',
      links: [toDashboard('The host', 'pharos-hosts')],
      unit: 'rowsps',
      stacked: true,
      queries: [
        prom(rate('pg_stat_database_tup_inserted', { where: DATABASE }), 'inserted'),
        prom(rate('pg_stat_database_tup_updated', { where: DATABASE }), 'updated'),
        prom(rate('pg_stat_database_tup_deleted', { where: DATABASE }), 'deleted'),
      ],
    }),
    timeseries({
      title: 'Rows read',
      description:
        'Rows read by scans and fetched by an index. Far more scanned than fetched is a missing index: see the tables.',
      links: [toRunbook('SlowStatements')],
      unit: 'rowsps',
      queries: [
        prom(rate('pg_stat_database_tup_returned', { by: 'datname', where: DATABASE }), '{{datname}} scanned'),
        prom(rate('pg_stat_database_tup_fetched', { by: 'datname', where: DATABASE }), '{{datname}} fetched'),
      ],
    }),
  ],
  table({
    title: 'Statements that cost the server most',
    description:
      'What pg_stat_statements has added up, without values. It needs that extension in the database that the exporter asks.',
    links: [toRunbook('SlowStatements')],
    by: { datname: 'Database', statement: 'Statement' },
    order: 'Share of a processor',
    columns: [
      { name: 'Share of a processor', expr: ratePerStatement('pg_statements_seconds_total'), unit: 'percentunit' },
      { name: 'Calls', expr: ratePerStatement('pg_statements_calls_total'), unit: 'ops' },
      {
        name: 'Mean',
        expr: `${ratePerStatement('pg_statements_seconds_total')} / (${ratePerStatement('pg_statements_calls_total')} > 0)`,
        unit: 's',
        limits: { warning: 0.1, critical: 0.5 },
      },
      {
        name: 'Rows a call',
        expr: `${ratePerStatement('pg_statements_rows_total')} / (${ratePerStatement('pg_statements_calls_total')} > 0)`,
        unit: 'short',
      },
    ],
  }),
)

const storage = row(
  'Tables and disk',
  table({
    title: 'Tables',
    description:
      'Size, dead rows and how each table is read. Dead rows beyond a fifth mean that vacuum does not keep up.',
    links: [toRunbook('PostgresDeadTuples')],
    by: { datname: 'Database', relname: 'Table' },
    order: 'Size',
    columns: [
      { name: 'Size', expr: perTable('pg_tables_size_bytes'), unit: 'bytes' },
      { name: 'Rows', expr: perTable('pg_tables_live_rows'), unit: 'short' },
      { name: 'Dead rows', expr: perTable('pg_tables_dead_rows'), unit: 'short' },
      {
        name: 'Dead share',
        expr: `${perTable('pg_tables_dead_rows')} / (${perTable('pg_tables_live_rows')} + ${perTable('pg_tables_dead_rows')} > 0)`,
        unit: 'percentunit',
        limits: { warning: 0.2, critical: 0.5 },
      },
      { name: 'Whole reads', expr: ratePerTable('pg_tables_sequential_scans_total'), unit: 'ops' },
      { name: 'Reads by index', expr: ratePerTable('pg_tables_index_scans_total'), unit: 'ops' },
    ],
  }),
  [
    timeseries({
      title: 'Size of the databases',
      description: 'Disk that each database takes. Compare with what is free on the host.',
      unit: 'bytes',
      links: [toDashboard('The disk of the host', 'pharos-hosts')],
      queries: [prom(`max by (datname) (pg_database_size_bytes{${DATABASE}})`, '{{datname}}')],
    }),
    timeseries({
      title: 'Write-ahead log',
      description: 'Bytes written to the log: how much is written at all, and what a replica has to take.',
      links: [toDashboard('The host', 'pharos-hosts')],
      unit: 'Bps',
      queries: [prom(rate('pg_wal_bytes_total'), 'log')],
    }),
    timeseries({
      title: 'Checkpoints',
      description: 'Checkpoints by reason. Those on request come before their time, because the log was full.',
      links: [toDashboard('The host', 'pharos-hosts')],
      unit: 'short',
      queries: [
        prom(increase('pg_checkpointer_timed_total', { over: '$__rate_interval' }), 'by time'),
        prom(increase('pg_checkpointer_requested_total', { over: '$__rate_interval' }), 'on request'),
      ],
    }),
    timeseries({
      title: 'Spilled to disk',
      description: 'Bytes that sorts and joins put into temporary files, because they did not fit into work_mem.',
      links: [toDashboard('The host', 'pharos-hosts')],
      unit: 'Bps',
      queries: [prom(rate('pg_stat_database_temp_bytes', { by: 'datname', where: DATABASE }), '{{datname}}')],
    }),
  ],
)

const replication = collapsedRow('Replicas, where there are any', [
  stat({
    title: 'Role',
    description: 'Whether the server that is asked takes writes or follows another.',
    links: [toRunbook('PostgresReplicationLag')],
    unit: 'short',
    states: { 0: ['primary', 'green'], 1: ['replica', 'yellow'] },
    queries: [promNow('max(pg_server_in_recovery)', 'role')],
  }),
  timeseries({
    title: 'Lag of replicas',
    empty: 'No replica',
    description: 'How far each replica is behind in replaying. Reads there are as old.',
    links: [toRunbook('PostgresReplicationLag')],
    unit: 's',
    width: 20,
    limits: { warning: 10, critical: 60 },
    queries: [
      prom('max by (application_name) (pg_replication_lag_seconds)', '{{application_name}}'),
      prom('max(pg_server_replay_age_seconds) and on () max(pg_server_in_recovery) == 1', 'this server'),
    ],
  }),
])

export const pharosPostgres = dashboard({
  uid: 'pharos-postgres',
  title: 'PostgreSQL and pools',
  folder: 'Stores',
  question:
    '**Is the database the reason, and which part of it?** From the server to the pools of the services, then the statements and tables that cost most. Slow only in the services: look at the pools. Slow here too: statements, locks, then the [host](/d/pharos-hosts).',
  variables: [serviceVariable(), databaseVariable(), windowVariable(), runbooksVariable()],
  links: [toDashboard('Services that are slow', 'pharos-overview')],
  rows: [wellbeing, pools, load, storage, replication],
})
