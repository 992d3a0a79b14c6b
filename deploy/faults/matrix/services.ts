import type { Fault } from '../fault.ts'
import { availabilityBurns, eventsLate, freshnessBurns, latencyBurns } from './following.ts'

const failing = (service: string): string =>
  `sum(service_sli:gateway_failures:rate30s{service="${service}"}) / sum(service_sli:gateway_requests:rate2m{service="${service}"})`

/** Services that run, and not as they should. */
export const services: readonly Fault[] = [
  {
    name: 'posts-crash-looping',
    breaks: 'The process of posts dies again and again; who reads or writes posts gets errors at each start.',
    see: { dashboard: 'pharos-nodejs', panel: 'Restarts' },
    injection: { by: 'kill', part: 'posts', everySeconds: 12 },
    sli: { query: 'changes(process_start_time_seconds{job="services",service="posts"}[2m])', is: 'above', bound: 1 },
    alerts: [{ alert: 'CrashLoop', service: 'posts', withinSeconds: 130 }],
    // The first two starts are no loop yet.
    mayFire: [
      { alert: 'RestartedUnexpectedly', service: 'posts' },
      { alert: 'ErrorRatioHigh', service: 'posts' },
      { alert: 'RetryStorm', service: 'posts' },
      { alert: 'CircuitOpen', service: 'posts' },
      { alert: 'TargetDown', service: 'posts' },
      ...availabilityBurns('posts'),
      ...eventsLate('posts'),
    ],
    hard: true,
  },
  {
    name: 'users-slow',
    breaks: 'Every answer of users takes half a second longer: profiles, searches, names.',
    see: { dashboard: 'pharos-service', panel: 'Latency p95 by route' },
    injection: { by: 'flag', services: ['users'], flag: 'http-delay', variant: 'slow' },
    sli: { query: 'service_sli:gateway_latency_seconds:p99_30s{service="users",sli="reads"}', is: 'above', bound: 0.5 },
    alerts: [{ alert: 'LatencyP99High', service: 'users', withinSeconds: 130 }],
    mayFire: latencyBurns('users'),
    hard: false,
  },
  {
    name: 'users-late-for-services',
    breaks:
      'Users answers after two seconds, which is slow for people and too late for the services that ask it: they give up, and ' +
      'who is new to them cannot be followed, sent to or registered.',
    see: { dashboard: 'pharos-service', panel: 'Failed calls' },
    injection: { by: 'attack', name: 'users-late-for-services' },
    sli: {
      query:
        'sum(rate(http_client_request_duration_seconds_count{peer="users",service!="gateway",status_code="error"}[1m]))',
      is: 'above',
      bound: 0.05,
    },
    alerts: [
      { alert: 'DependencyErrors', service: 'users', withinSeconds: 200 },
      { alert: 'CircuitOpen', service: 'users', withinSeconds: 150 },
      { alert: 'LatencyP99High', service: 'users', withinSeconds: 130 },
    ],
    mayFire: [
      { alert: 'ErrorRatioHigh', service: 'relations' },
      ...availabilityBurns('relations', 'notifications', 'posts', 'auth'),
      ...latencyBurns('users', 'relations', 'notifications'),
    ],
    hard: false,
  },
  {
    name: 'posts-some-errors',
    breaks: 'One request in five to posts fails with an error of its own.',
    see: { dashboard: 'pharos-errors', panel: 'Routes that fail' },
    injection: { by: 'flag', services: ['posts'], flag: 'http-error', variant: 'some' },
    sli: { query: failing('posts'), is: 'above', bound: 0.05 },
    alerts: [{ alert: 'ErrorRatioHigh', service: 'posts', withinSeconds: 110 }],
    mayFire: availabilityBurns('posts'),
    hard: false,
  },
  {
    name: 'posts-all-errors',
    breaks: 'Every request to posts fails with an error of its own: nothing is read or written there.',
    see: { dashboard: 'pharos-errors', panel: 'Routes that fail' },
    injection: { by: 'flag', services: ['posts'], flag: 'http-error', variant: 'all' },
    sli: { query: failing('posts'), is: 'above', bound: 0.5 },
    alerts: [
      { alert: 'ErrorRatioHigh', service: 'posts', withinSeconds: 110 },
      { alert: 'AvailabilityBudgetBurn', service: 'posts', withinSeconds: 180 },
    ],
    hard: true,
  },
  {
    name: 'posts-bad-deploy',
    breaks: 'A new version of posts is brought out, and one request in five to it fails.',
    see: { dashboard: 'pharos-service', panel: 'Errors by route' },
    injection: { by: 'deploy', service: 'posts', version: '0.2.0-faulty', flag: 'http-error', variant: 'some' },
    sli: { query: failing('posts'), is: 'above', bound: 0.05 },
    alerts: [{ alert: 'ErrorRatioHigh', service: 'posts', withinSeconds: 130 }],
    // No RestartedUnexpectedly: a start with another version is a deployment.
    mayFire: [...availabilityBurns('posts'), ...eventsLate('posts')],
    hard: true,
  },
  {
    name: 'relations-leaking',
    breaks:
      'Relations keeps heap that it does not need; at the limit the process would end, with all that it has in hand.',
    see: { dashboard: 'pharos-nodejs', panel: 'Heap of its limit' },
    injection: { by: 'flag', services: ['relations'], flag: 'memory-leak', variant: 'leak' },
    sli: {
      query: 'nodejs_heap_size_used_bytes{service="relations"} / nodejs_heap_size_limit_bytes{service="relations"}',
      is: 'above',
      bound: 0.5,
    },
    // How long it takes is the limit of the heap divided by 25 MB a second.
    alerts: [{ alert: 'HeapNearLimit', service: 'relations', withinSeconds: 270 }],
    mayFire: [
      { alert: 'HeapGrowing', service: 'relations' },
      { alert: 'GcPressure', service: 'relations' },
      { alert: 'EventLoopLagHigh', service: 'relations' },
      { alert: 'LatencyP99High', service: 'relations' },
      { alert: 'HostMemoryLow', service: 'host' },
      ...latencyBurns('relations'),
    ],
    hard: false,
  },
  {
    name: 'notifications-loop-late',
    breaks: 'Notifications does nothing else for a fifth of each second; what comes then waits that long.',
    see: { dashboard: 'pharos-nodejs', panel: 'Event-loop lag p99' },
    injection: { by: 'flag', services: ['notifications'], flag: 'event-loop-block', variant: 'late' },
    sli: { query: 'app_eventloop_lag_seconds{service="notifications",quantile="0.99"}', is: 'above', bound: 0.1 },
    alerts: [{ alert: 'EventLoopLagHigh', service: 'notifications', withinSeconds: 110 }],
    mayFire: latencyBurns('notifications'),
    hard: false,
  },
  {
    name: 'notifications-loop-stuck',
    breaks: 'Notifications does nothing else for most of each second, and refuses requests to stay alive.',
    see: { dashboard: 'pharos-nodejs', panel: 'Event-loop lag p99' },
    injection: { by: 'flag', services: ['notifications'], flag: 'event-loop-block', variant: 'stuck' },
    sli: { query: 'app_eventloop_lag_seconds{service="notifications",quantile="0.99"}', is: 'above', bound: 0.5 },
    alerts: [{ alert: 'EventLoopLagHigh', service: 'notifications', withinSeconds: 110 }],
    mayFire: [
      { alert: 'EventLoopSaturated', service: 'notifications' },
      { alert: 'LoadShedding', service: 'notifications' },
      { alert: 'ErrorRatioHigh', service: 'notifications' },
      { alert: 'LatencyP99High', service: 'notifications' },
      freshnessBurns,
      ...availabilityBurns('notifications'),
      ...latencyBurns('notifications'),
    ],
    hard: false,
  },
]
