import { dashboard, row } from '../dashboard.ts'
import { increase, quantile, rate, share } from '../expressions.ts'
import { stateTimeline, timeseries } from '../graphs.ts'
import { columnOf, labelOf, toDashboard, toLogs, toRunbook, toService, toTraces } from '../links.ts'
import { prom, promNow } from '../queries.ts'
import { table } from '../tables.ts'
import { gauge, stat } from '../tiles.ts'
import { labelVariable, runbooksVariable, serviceVariable, windowVariable } from '../variables.ts'

const UP = { 0: ['away', 'red'], 1: ['up', 'green'] } as const
const CACHE = 'service=~"$service", cache=~"$cache"'

const cacheVariable = () =>
  labelVariable({
    name: 'cache',
    label: 'Cache',
    description: 'Caches of the chosen services.',
    of: 'label_values(cache_requests_total{service=~"$service"}, cache)',
    all: '.*',
  })

const byTier = { by: 'service, cache, tier', where: CACHE }

const lookUps = (which: string, over: string): string =>
  rate('cache_requests_total', { by: 'service, cache', where: `${CACHE}, ${which}`, over })

/** What the last tier that a cache has could not answer. */
const loads = (over: string): string =>
  `${lookUps('tier="l2", result!="hit"', over)} or 0 * ${lookUps('tier="l2"', over)} or ${lookUps('tier="l1", result="miss"', over)}`

const wellbeing = row('Is the server well', [
  stat({
    title: 'Server',
    description:
      'Whether the exporter reaches Redis. Without it everything works slower, and limits count per process.',
    links: [toRunbook('RedisDown')],
    unit: 'short',
    states: UP,
    queries: [promNow('min(redis_up)', 'Redis')],
  }),
  gauge({
    title: 'Memory',
    description: 'Memory in use, as a share of what Redis may take. When it is full, counters and copies are evicted.',
    links: [toRunbook('RedisMemoryHigh')],
    unit: 'percentunit',
    min: 0,
    max: 1,
    limits: { warning: 0.8, critical: 0.9 },
    queries: [promNow('max(redis_memory_used_bytes / (redis_memory_max_bytes > 0))', 'used')],
  }),
  stat({
    title: 'Commands',
    description: 'Commands per second, those of scripts included.',
    links: [toTraces()],
    unit: 'ops',
    queries: [prom(rate('redis_commands_processed_total'), 'commands')],
  }),
  stat({
    title: 'Clients',
    description: 'Open connections. Each process holds two or three; a growing number is a leak.',
    links: [toRunbook('RedisRejectedConnections')],
    unit: 'short',
    queries: [promNow('sum(redis_connected_clients)', 'clients')],
  }),
  stat({
    title: 'Evicted',
    description:
      'Keys thrown out for want of memory within the window. Revocations go last, but they can go: give Redis more memory.',
    links: [toRunbook('RedisEvictions')],
    unit: 'short',
    decimals: 0,
    limits: { critical: 1 },
    queries: [promNow(increase('redis_evicted_keys_total', { over: '$window' }), 'evicted')],
  }),
  stat({
    title: 'Refused connections',
    description: 'Connections refused within the window because the limit was reached.',
    links: [toRunbook('RedisRejectedConnections')],
    unit: 'short',
    decimals: 0,
    limits: { critical: 1 },
    queries: [promNow(increase('redis_rejected_connections_total', { over: '$window' }), 'refused')],
  }),
  stat({
    title: 'Running for',
    description: 'Time since Redis started. A small number explains cold caches.',
    links: [toDashboard('The host', 'pharos-hosts')],
    unit: 's',
    queries: [promNow('time() - max(redis_start_time_seconds)', 'uptime')],
  }),
])

const caches = row(
  'Caches',
  [
    timeseries({
      title: 'Hit ratio by cache and tier',
      description:
        'Share of look-ups that were hits. l1 is in the process, l2 in Redis; a fall of l2 is load for the database.',
      unit: 'percentunit',
      max: 1,
      links: [toService(labelOf('service'))],
      queries: [
        prom(
          share(
            rate('cache_requests_total', { ...byTier, where: `${CACHE}, result="hit"` }),
            rate('cache_requests_total', byTier),
          ),
          '{{cache}} {{tier}}',
        ),
      ],
    }),
    timeseries({
      title: 'Look-ups',
      description: 'Look-ups per second by what they found.',
      links: [toRunbook('CacheHitCollapse')],
      unit: 'ops',
      stacked: true,
      queries: [
        prom(
          rate('cache_requests_total', { by: 'cache, tier, result', where: CACHE }),
          '{{cache}} {{tier}} {{result}}',
        ),
      ],
    }),
    timeseries({
      title: 'What the database is asked instead',
      description: 'Look-ups per second that neither tier could answer.',
      unit: 'ops',
      links: [toDashboard('The database', 'pharos-postgres', { set: { service: labelOf('service') } })],
      queries: [prom(loads('$__rate_interval'), '{{service}} {{cache}}')],
    }),
  ],
  table({
    title: 'Caches',
    description: 'How much each cache takes off the database within the window. Errors are Redis being away or slow.',
    by: { service: 'Service', cache: 'Cache' },
    order: 'Look-ups',
    height: 7,
    links: [toService(columnOf('service'))],
    columns: [
      { name: 'Look-ups', expr: lookUps('tier="l1"', '$window'), unit: 'ops' },
      {
        name: 'Hits in the process',
        expr: share(lookUps('tier="l1", result="hit"', '$window'), lookUps('tier="l1"', '$window')),
        unit: 'percentunit',
      },
      {
        name: 'Hits in Redis',
        expr: share(lookUps('tier="l2", result="hit"', '$window'), lookUps('tier="l2"', '$window')),
        unit: 'percentunit',
      },
      { name: 'Reach the database', expr: loads('$window'), unit: 'ops' },
      {
        name: 'Errors',
        expr: lookUps('result="error"', '$window'),
        unit: 'ops',
        limits: { critical: 0.01 },
      },
    ],
  }),
)

const seen = row('What the services see', [
  stateTimeline({
    title: 'Reachable from',
    description: 'Whether each service reaches Redis. All red is Redis; one red is that service or its way.',
    states: UP,
    links: [toService(labelOf('service'))],
    queries: [prom('min by (service) (app_dependency_up{dependency="redis", service=~"$service"})', '{{service}}')],
  }),
  timeseries({
    title: 'Latency',
    description: 'p99 of what each service asked of Redis, as its spans tell, the way included.',
    unit: 's',
    links: [toTraces(labelOf('client'))],
    queries: [
      prom(
        quantile(0.99, 'traces_service_graph_request_client_seconds', {
          by: 'client',
          where: 'server="redis", client=~"$service"',
        }),
        '{{client}} p99',
      ),
    ],
  }),
  timeseries({
    title: 'Pushes to live connections',
    description:
      'Notifications announced through Redis. Failed and skipped ones are read later by the gateway, so users see them late.',
    unit: 'ops',
    links: toLogs('notifications', 'warn'),
    queries: [prom(rate('realtime_pushes_total', { by: 'outcome' }), '{{outcome}}')],
  }),
])

const commands = row(
  'What the server does',
  [
    timeseries({
      title: 'Commands by kind',
      description: 'The ten commands that come most.',
      links: [toTraces()],
      unit: 'ops',
      stacked: true,
      queries: [prom(`topk(10, ${rate('redis_commands_total', { by: 'cmd' })})`, '{{cmd}}')],
    }),
    timeseries({
      title: 'Time in commands',
      description: 'Share of a processor that each command takes. Redis has one: near 100 % everything waits.',
      links: [toTraces()],
      unit: 'percentunit',
      stacked: true,
      limits: { warning: 0.6, critical: 0.9 },
      queries: [prom(`topk(10, ${rate('redis_commands_duration_seconds_total', { by: 'cmd' })})`, '{{cmd}}')],
    }),
    timeseries({
      title: 'Latency by the server itself',
      description:
        'p99 of each command since the server started, without the way. High here is a slow script or a large key.',
      links: [toTraces()],
      unit: 'µs',
      queries: [prom('max by (cmd) (redis_latency_percentiles_usec{quantile="99"})', '{{cmd}}')],
    }),
    timeseries({
      title: 'Errors',
      description: 'Error answers by kind. NOSCRIPT is normal after a restart; OOM and LOADING are not.',
      unit: 'ops',
      links: toLogs(),
      queries: [
        prom(rate('redis_errors_total', { by: 'err' }), '{{err}}'),
        prom(`${rate('redis_commands_rejected_calls_total', { by: 'cmd' })} > 0`, 'rejected {{cmd}}'),
      ],
    }),
  ],
  [
    timeseries({
      title: 'Memory',
      description: 'What is used, what the process holds and what it may take.',
      links: [toRunbook('RedisMemoryHigh')],
      unit: 'bytes',
      queries: [
        prom('sum(redis_memory_used_bytes)', 'used'),
        prom('sum(redis_memory_used_rss_bytes)', 'held'),
        prom('sum(redis_memory_max_bytes)', 'limit'),
      ],
    }),
    timeseries({
      title: 'Keys',
      description: 'Keys held, and those of them that expire by themselves.',
      links: [toRunbook('RedisMemoryHigh')],
      unit: 'short',
      queries: [
        prom('sum by (db) (redis_db_keys) > 0', '{{db}}'),
        prom('sum by (db) (redis_db_keys_expiring) > 0', '{{db}} expiring'),
      ],
    }),
    timeseries({
      title: 'Keys that went',
      description: 'Expired keys are normal; evicted ones had time left.',
      links: [toRunbook('RedisEvictions')],
      unit: 'ops',
      queries: [prom(rate('redis_expired_keys_total'), 'expired'), prom(rate('redis_evicted_keys_total'), 'evicted')],
    }),
  ],
  [
    timeseries({
      title: 'Connections',
      description: 'Open connections, and those in a blocking call.',
      links: [toRunbook('RedisRejectedConnections')],
      unit: 'short',
      queries: [
        prom('sum(redis_connected_clients)', 'open'),
        prom('sum(redis_blocked_clients)', 'blocked'),
        prom('sum(redis_config_maxclients)', 'limit'),
      ],
    }),
    timeseries({
      title: 'Network',
      description: 'Bytes in and out. Much out with few commands is a large value that is read again and again.',
      links: [toDashboard('The host', 'pharos-hosts')],
      unit: 'Bps',
      queries: [prom(rate('redis_net_input_bytes_total'), 'in'), prom(rate('redis_net_output_bytes_total'), 'out')],
    }),
    timeseries({
      title: 'Durability',
      description:
        'Writes of the append-only file that had to wait for the disk, since the start. A revoked session must survive a restart.',
      unit: 'short',
      links: [toDashboard('The disk of the host', 'pharos-hosts')],
      queries: [
        prom('sum(redis_aof_delayed_fsync)', 'delayed'),
        prom('1 - min(redis_aof_last_write_status)', 'last write failed'),
      ],
    }),
    timeseries({
      title: 'Listeners',
      description: 'Channels of publish and subscribe: one per user who is looking, and those of the caches.',
      links: [toDashboard('Who is looking', 'pharos-business')],
      unit: 'short',
      queries: [prom('sum(redis_pubsub_channels)', 'channels')],
    }),
  ],
)

export const pharosRedis = dashboard({
  uid: 'pharos-redis',
  title: 'Redis and caches',
  folder: 'Stores',
  question:
    '**Do the caches carry the load, and is Redis well?** A falling hit ratio goes on to [PostgreSQL](/d/pharos-postgres). Without Redis the platform works on, slower: see the services that miss it below.',
  variables: [serviceVariable(), cacheVariable(), windowVariable(), runbooksVariable()],
  links: [toDashboard('PostgreSQL', 'pharos-postgres', { keep: ['service'] })],
  rows: [wellbeing, caches, seen, commands],
})
