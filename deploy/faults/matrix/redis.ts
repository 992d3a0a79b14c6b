import type { Fault } from '../fault.ts'
import { latencyBurns } from './following.ts'

/** The platform works without Redis: slower, and each process for itself. */
export const redis: readonly Fault[] = [
  {
    name: 'redis-killed',
    breaks: 'Redis dies and comes back within seconds with what it had a second before.',
    see: { dashboard: 'pharos-redis', panel: 'Running for' },
    injection: { by: 'kill', part: 'redis' },
    sli: { query: 'resets(redis_uptime_in_seconds[1m])', is: 'above', bound: 0 },
    alerts: [{ alert: 'RestartedUnexpectedly', service: 'redis', withinSeconds: 75 }],
    hard: true,
  },
  {
    name: 'redis-stopped',
    breaks: 'Redis answers nothing: caches last a second, limits hold per process, nobody hears live of what happens.',
    see: { dashboard: 'pharos-redis', panel: 'Reachable from' },
    injection: { by: 'stop', part: 'redis' },
    sli: { query: 'max(app_dependency_up{dependency="redis"})', is: 'below', bound: 1 },
    alerts: [{ alert: 'RedisDown', service: 'redis', withinSeconds: 70 }],
    // The exporter waits for Redis and does not answer either.
    mayFire: [{ alert: 'TargetDown', service: 'redis' }, ...latencyBurns()],
    hard: true,
  },
  {
    name: 'redis-slow',
    breaks:
      'Redis stands still for four tenths out of every five: what is asked then is given up, and the database is asked.',
    see: { dashboard: 'pharos-redis', panel: 'Look-ups' },
    injection: { by: 'stutter', part: 'redis', forMs: 400, thenMs: 100 },
    sli: { query: 'sum(rate(cache_requests_total{tier="l2",result="error"}[30s]))', is: 'above', bound: 0.05 },
    alerts: [{ alert: 'RedisSlow', service: 'redis', withinSeconds: 150 }],
    mayFire: latencyBurns(),
    hard: false,
  },
  {
    name: 'redis-full',
    breaks: 'Keys without an end fill Redis: next it evicts what is still wanted, ended sessions last.',
    see: { dashboard: 'pharos-redis', panel: 'Memory' },
    injection: { by: 'attack', name: 'fill-redis' },
    sli: { query: 'max(redis_memory_used_bytes / (redis_memory_max_bytes > 0))', is: 'above', bound: 0.9 },
    alerts: [{ alert: 'RedisMemoryHigh', service: 'redis', withinSeconds: 120 }],
    mayFire: [{ alert: 'RedisEvictions', service: 'redis' }, { alert: 'CacheHitCollapse' }],
    hard: false,
  },
]
