import { dashboard, row } from '../dashboard.ts'
import { rate } from '../expressions.ts'
import { timeseries } from '../graphs.ts'
import { columnOf, labelOf, toDashboard, toService } from '../links.ts'
import { prom } from '../queries.ts'
import { table } from '../tables.ts'
import { instanceVariable, serviceVariable, windowVariable } from '../variables.ts'

const PROCESS = 'service=~"$service", instance=~"$instance"'
const NAME = '{{service}} {{instance}}'
const each = 'service, instance'

/** A click leads back to what the service does for others. */
const graph = (numbers: Parameters<typeof timeseries>[0]) =>
  timeseries({ links: [toService(labelOf('service'))], ...numbers })

const processes = row(
  'Processes',
  table({
    title: 'Processes',
    description: 'What runs, since when, and how often it was started in the chosen window.',
    by: { service: 'Service', instance: 'Instance' },
    links: [toService(columnOf('service'))],
    height: 8,
    columns: [
      { name: 'Up for', unit: 's', expr: `time() - max by (${each}) (process_start_time_seconds{${PROCESS}})` },
      {
        name: 'Restarts',
        unit: 'short',
        limits: { warning: 1, critical: 3 },
        expr: `sum by (${each}) (changes(process_start_time_seconds{${PROCESS}}[$window]))`,
      },
      {
        name: 'CPU',
        unit: 'percentunit',
        expr: rate('process_cpu_seconds_total', { by: each, where: PROCESS, over: '$window' }),
      },
      { name: 'Memory', unit: 'bytes', expr: `max by (${each}) (process_resident_memory_bytes{${PROCESS}})` },
      {
        name: 'Heap of its limit',
        unit: 'percentunit',
        limits: { warning: 0.7, critical: 0.85 },
        expr: `max by (${each}) (nodejs_heap_size_used_bytes{${PROCESS}} / nodejs_heap_size_limit_bytes{${PROCESS}})`,
      },
      {
        name: 'Loop busy',
        unit: 'percentunit',
        limits: { warning: 0.7, critical: 0.9 },
        expr: `max by (${each}) (nodejs_eventloop_utilization{${PROCESS}})`,
      },
      { name: 'Version', label: 'version', expr: `count by (${each}, version) (app_info{${PROCESS}})` },
      { name: 'Commit', label: 'commit', expr: `count by (${each}, commit) (app_info{${PROCESS}})` },
      { name: 'Node.js', label: 'node', expr: `count by (${each}, node) (app_info{${PROCESS}})` },
    ],
  }),
)

const cpu = row('CPU and event loop', [
  graph({
    title: 'CPU',
    description:
      'Share of one core. A process runs its code on one core; more is garbage collection and the thread pool (hashing, files, DNS).',
    unit: 'percentunit',
    queries: [prom(rate('process_cpu_seconds_total', { by: each, where: PROCESS }), NAME)],
  }),
  graph({
    title: 'Event loop busy',
    description:
      'Share of time in which the event loop was not waiting. Near 100 % everything waits for everything: find what computes.',
    unit: 'percentunit',
    max: 1,
    limits: { warning: 0.7, critical: 0.9 },
    queries: [prom(`max by (${each}) (nodejs_eventloop_utilization{${PROCESS}})`, NAME)],
  }),
  graph({
    title: 'Event-loop lag p99',
    description: 'How late the loop came to a timer since the last scrape. This is added to every request.',
    unit: 's',
    limits: { warning: 0.1, critical: 0.5 },
    queries: [prom(`max by (${each}) (app_eventloop_lag_seconds{${PROCESS}, quantile="0.99"})`, NAME)],
  }),
  graph({
    title: 'Event-loop lag, worst',
    description:
      'The longest that something held the loop since the last scrape: a large JSON, a loop over everything, a collection of garbage.',
    unit: 's',
    queries: [prom(`max by (${each}) (app_eventloop_lag_seconds{${PROCESS}, quantile="1"})`, NAME)],
  }),
  graph({
    title: 'Event-loop lag p50',
    description:
      'The usual lateness. When it rises with the others, the process has too much to do; when it does not, single pieces of work are too long.',
    unit: 's',
    queries: [prom(`max by (${each}) (app_eventloop_lag_seconds{${PROCESS}, quantile="0.5"})`, NAME)],
  }),
  graph({
    title: 'Garbage collection',
    description: 'Share of time spent collecting, by kind. More than a tenth is a heap that is too small or a leak.',
    unit: 'percentunit',
    stacked: true,
    limits: { warning: 0.05, critical: 0.1 },
    queries: [
      prom(rate('nodejs_gc_duration_seconds_sum', { by: 'service, kind', where: PROCESS }), '{{service}} {{kind}}'),
    ],
  }),
])

const memory = row('Memory', [
  graph({
    title: 'Resident memory',
    description: 'What the process takes from the machine: heap, buffers, code, stacks.',
    unit: 'bytes',
    queries: [prom(`max by (${each}) (process_resident_memory_bytes{${PROCESS}})`, NAME)],
  }),
  graph({
    title: 'Heap of its limit',
    description: 'At 100 % the process ends itself. A line that climbs over hours without falling back is a leak.',
    unit: 'percentunit',
    max: 1,
    limits: { warning: 0.7, critical: 0.85 },
    queries: [
      prom(
        `max by (${each}) (nodejs_heap_size_used_bytes{${PROCESS}} / nodejs_heap_size_limit_bytes{${PROCESS}})`,
        NAME,
      ),
    ],
  }),
  graph({
    title: 'Heap in use',
    description: 'Bytes of the JavaScript heap that are in use.',
    unit: 'bytes',
    queries: [prom(`max by (${each}) (nodejs_heap_size_used_bytes{${PROCESS}})`, NAME)],
  }),
  graph({
    title: 'Heap by space',
    links: [],
    description:
      'Of the chosen processes together. New is what dies young, old is what is kept, large objects are above half a megabyte.',
    unit: 'bytes',
    stacked: true,
    queries: [prom(`sum by (space) (nodejs_heap_space_size_used_bytes{${PROCESS}}) > 0`, '{{space}}')],
  }),
  graph({
    title: 'Outside the heap',
    description: 'Buffers and what native code holds. It grows with bodies and answers that wait to be sent.',
    unit: 'bytes',
    queries: [prom(`max by (${each}) (nodejs_external_memory_bytes{${PROCESS}})`, NAME)],
  }),
])

const handles = row('What it holds open', [
  graph({
    title: 'Descriptors of their limit',
    description: 'Sockets and files. At 100 % no connection can be accepted or opened.',
    unit: 'percentunit',
    max: 1,
    limits: { warning: 0.7, critical: 0.9 },
    queries: [prom(`max by (${each}) (process_open_fds{${PROCESS}} / process_max_fds{${PROCESS}})`, NAME)],
  }),
  graph({
    title: 'Handles',
    description:
      'Sockets, servers and streams that keep the process busy, by kind. A line that only grows is something never closed.',
    unit: 'short',
    queries: [prom(`sum by (service, type) (nodejs_active_handles{${PROCESS}})`, '{{service}} {{type}}')],
  }),
  graph({
    title: 'Restarts',
    description: 'Starts of a process in the last five minutes. More than one or two is a crash loop.',
    unit: 'short',
    queries: [prom(`sum by (service) (changes(process_start_time_seconds{${PROCESS}}[5m]))`, '{{service}}')],
  }),
])

export const pharosNodejs = dashboard({
  uid: 'pharos-nodejs',
  title: 'Node.js',
  folder: 'Services',
  question:
    '**Is the process itself the problem: CPU, event loop, memory, descriptors?** If all of this is quiet while requests are slow, the time goes by in a store or another service: go back to the service and look at what it asks of others.',
  variables: [serviceVariable(), instanceVariable(), windowVariable()],
  links: [toDashboard('Service', 'pharos-service', { keep: ['service', 'instance'] })],
  rows: [processes, cpu, memory, handles],
})
