import { dashboard, row } from '../dashboard.ts'
import { increase, rate } from '../expressions.ts'
import { timeseries } from '../graphs.ts'
import { columnOf, labelOf, toDashboard, toRunbook, toService } from '../links.ts'
import { prom, promNow } from '../queries.ts'
import { table } from '../tables.ts'
import { gauge, stat } from '../tiles.ts'
import { labelVariable, runbooksVariable, windowVariable } from '../variables.ts'

const HOST = 'instance=~"$host"'
const DISK = `${HOST}, fstype!~"tmpfs|ramfs|overlay|squashfs"`
const byDevice = { by: 'instance, device', where: HOST }
const byHost = { by: 'instance', where: HOST }

const hostVariable = () =>
  labelVariable({
    name: 'host',
    label: 'Host',
    description: 'Machines, by the address of their node exporter.',
    of: 'label_values(node_uname_info, instance)',
    all: '.*',
  })

const freeMemory = `node_memory_MemAvailable_bytes{${HOST}} / node_memory_MemTotal_bytes{${HOST}}`
const usedDisk = `max by (instance, mountpoint) (1 - node_filesystem_avail_bytes{${DISK}} / node_filesystem_size_bytes{${DISK}})`

/** The collector names what it takes in its own way. */
const held = (by: string): string =>
  `sum by (${by}) (process_resident_memory_bytes) or sum by (${by}) (otelcol_process_memory_rss_bytes)`
const busy = (by: string, over: string): string =>
  `${rate('process_cpu_seconds_total', { by, over })} or ${rate('otelcol_process_cpu_seconds_total', { by, over })}`

const wellbeing = row('Is there enough of everything', [
  gauge({
    title: 'Processors',
    description: 'Share of time in which processors were busy. Near 100 % everything waits: see the pressure below.',
    links: [toRunbook('HostCpuSaturated')],
    unit: 'percentunit',
    min: 0,
    max: 1,
    limits: { warning: 0.8, critical: 0.95 },
    queries: [
      prom(
        `1 - avg by (instance) (rate(node_cpu_seconds_total{${HOST}, mode="idle"}[$__rate_interval]))`,
        '{{instance}}',
      ),
    ],
  }),
  gauge({
    title: 'Memory',
    description: 'Share of memory that processes cannot get any more. Near 100 % the kernel kills one.',
    links: [toRunbook('HostMemoryLow')],
    unit: 'percentunit',
    min: 0,
    max: 1,
    limits: { warning: 0.85, critical: 0.95 },
    queries: [promNow(`1 - ${freeMemory}`, '{{instance}}')],
  }),
  gauge({
    title: 'Disk',
    description: 'The fullest file system. PostgreSQL, Kafka and Redis stop when it is full.',
    links: [toRunbook('HostDiskFilling')],
    unit: 'percentunit',
    min: 0,
    max: 1,
    limits: { warning: 0.8, critical: 0.9 },
    queries: [promNow(`max by (instance) (${usedDisk})`, '{{instance}}')],
  }),
  stat({
    title: 'Load per processor',
    description: 'Processes that run or wait, per processor. Above 1 some always wait.',
    links: [toRunbook('HostCpuSaturated')],
    unit: 'short',
    limits: { warning: 1.5, critical: 3 },
    queries: [
      promNow(
        `max by (instance) (node_load5{${HOST}}) / count by (instance) (node_cpu_seconds_total{${HOST}, mode="idle"})`,
        '{{instance}}',
      ),
    ],
  }),
  stat({
    title: 'Killed for memory',
    description: 'Processes that the kernel killed for want of memory within the window.',
    links: [toRunbook('HostOomKill')],
    unit: 'short',
    decimals: 0,
    limits: { critical: 1 },
    queries: [promNow(increase('node_vmstat_oom_kill', { ...byHost, over: '$window' }), '{{instance}}')],
  }),
  stat({
    title: 'Clock offset',
    description: 'How far the clock is from its time server. Tokens and event ages are wrong by as much.',
    links: [toRunbook('HostClockSkew')],
    unit: 's',
    limits: { warning: 0.05, critical: 0.5 },
    queries: [promNow(`max by (instance) (abs(node_timex_offset_seconds{${HOST}}))`, '{{instance}}')],
  }),
  stat({
    title: 'Running for',
    description: 'Time since the machine started.',
    links: [toDashboard('What else has started anew', 'pharos-nodejs')],
    unit: 's',
    queries: [
      promNow(
        `max by (instance) (node_time_seconds{${HOST}}) - max by (instance) (node_boot_time_seconds{${HOST}})`,
        '{{instance}}',
      ),
    ],
  }),
])

const machine = row(
  'The machine',
  [
    timeseries({
      title: 'Processors by use',
      description:
        'What processors do. iowait is a slow disk, steal a neighbour on the same hardware, softirq the network.',
      links: [toRunbook('HostCpuSaturated')],
      unit: 'percentunit',
      stacked: true,
      max: 1,
      queries: [
        prom(`avg by (mode) (rate(node_cpu_seconds_total{${HOST}, mode!="idle"}[$__rate_interval]))`, '{{mode}}'),
      ],
    }),
    timeseries({
      title: 'Pressure',
      description: 'Share of time in which some process waited. It tells of want where use alone does not.',
      links: [toRunbook('HostCpuSaturated')],
      unit: 'percentunit',
      limits: { warning: 0.5, critical: 0.9 },
      queries: [
        prom(rate('node_pressure_cpu_waiting_seconds_total', byHost), '{{instance}} processor'),
        prom(rate('node_pressure_io_waiting_seconds_total', byHost), '{{instance}} disk'),
        prom(rate('node_pressure_memory_waiting_seconds_total', byHost), '{{instance}} memory'),
      ],
    }),
    timeseries({
      title: 'Processes that run or wait',
      description: 'Runnable processes, those that wait for a disk, and switches between them in thousands per second.',
      links: [toRunbook('HostCpuSaturated')],
      unit: 'short',
      queries: [
        prom(`max by (instance) (node_procs_running{${HOST}})`, '{{instance}} runnable'),
        prom(`max by (instance) (node_procs_blocked{${HOST}})`, '{{instance}} wait for disk'),
        prom(`${rate('node_context_switches_total', byHost)} / 1000`, '{{instance}} switches, k/s'),
      ],
    }),
  ],
  [
    timeseries({
      title: 'Memory',
      description: 'What processes hold, what caches hold and give back when asked, and what is free.',
      links: [toRunbook('HostMemoryLow')],
      unit: 'bytes',
      stacked: true,
      queries: [
        prom(`sum(node_memory_MemTotal_bytes{${HOST}} - node_memory_MemAvailable_bytes{${HOST}})`, 'held'),
        prom(`sum(node_memory_MemAvailable_bytes{${HOST}} - node_memory_MemFree_bytes{${HOST}})`, 'caches'),
        prom(`sum(node_memory_MemFree_bytes{${HOST}})`, 'free'),
      ],
    }),
    timeseries({
      title: 'Pages from disk',
      description:
        'Pages that had to be read before a process could go on. Many together with little free memory: it is too small.',
      links: [toRunbook('HostMemoryLow')],
      unit: 'ops',
      queries: [prom(rate('node_vmstat_pgmajfault', byHost), '{{instance}}')],
    }),
    timeseries({
      title: 'Open files',
      description: 'Open files of the whole machine against what it allows.',
      links: [toRunbook('DescriptorsNearLimit')],
      unit: 'percentunit',
      max: 1,
      limits: { warning: 0.7, critical: 0.9 },
      queries: [
        prom(`max by (instance) (node_filefd_allocated{${HOST}} / node_filefd_maximum{${HOST}})`, '{{instance}}'),
      ],
    }),
  ],
  [
    timeseries({
      title: 'File systems',
      description: 'How full each is, and how full it will be in four hours at the pace of the last hour.',
      links: [toRunbook('HostDiskFilling')],
      unit: 'percentunit',
      max: 1,
      limits: { warning: 0.8, critical: 0.9 },
      queries: [
        prom(usedDisk, '{{instance}} {{mountpoint}}'),
        prom(
          `clamp(1 - max by (instance, mountpoint) (predict_linear(node_filesystem_avail_bytes{${DISK}}[1h], 4 * 3600)) / max by (instance, mountpoint) (node_filesystem_size_bytes{${DISK}}), 0, 1)`,
          '{{instance}} {{mountpoint}} in 4 h',
        ),
      ],
    }),
    timeseries({
      title: 'Disk transfer',
      description: 'Bytes read and written per disk.',
      links: [toDashboard('PostgreSQL', 'pharos-postgres')],
      unit: 'Bps',
      queries: [
        prom(rate('node_disk_read_bytes_total', byDevice), '{{device}} read'),
        prom(rate('node_disk_written_bytes_total', byDevice), '{{device}} written'),
      ],
    }),
    timeseries({
      title: 'Disk busy',
      description: 'Share of time in which a disk had work. Near 100 % with iowait: it is the limit.',
      links: [toDashboard('PostgreSQL', 'pharos-postgres')],
      unit: 'percentunit',
      max: 1,
      limits: { warning: 0.7, critical: 0.95 },
      queries: [prom(rate('node_disk_io_time_seconds_total', byDevice), '{{device}}')],
    }),
  ],
  [
    timeseries({
      title: 'Network',
      description: 'Bytes in and out per interface. Traffic of one machine with itself is not in it.',
      links: [toDashboard('Overview', 'pharos-overview')],
      unit: 'Bps',
      queries: [
        prom(`${rate('node_network_receive_bytes_total', byDevice)} > 0`, '{{device}} in'),
        prom(`${rate('node_network_transmit_bytes_total', byDevice)} > 0`, '{{device}} out'),
      ],
    }),
    timeseries({
      title: 'Packets lost',
      description: 'Packets dropped or broken. A steady rate is a full queue or a bad cable.',
      links: [toDashboard('Overview', 'pharos-overview')],
      unit: 'pps',
      limits: { critical: 1 },
      queries: [
        prom(
          `${rate('node_network_receive_drop_total', byDevice)} + ${rate('node_network_receive_errs_total', byDevice)}`,
          '{{device}} in',
        ),
        prom(
          `${rate('node_network_transmit_drop_total', byDevice)} + ${rate('node_network_transmit_errs_total', byDevice)}`,
          '{{device}} out',
        ),
      ],
    }),
  ],
)

const processes = row(
  'Who takes it: a process or a container each',
  table({
    title: 'Processes',
    description:
      'Every process that is scraped, platform and telemetry. Those that only an exporter speaks for (PostgreSQL, Redis, Kafka) are not in it.',
    by: { service: 'Service', instance: 'Instance' },
    order: 'Memory',
    links: [toService(columnOf('service'))],
    columns: [
      { name: 'Memory', expr: held('service, instance'), unit: 'bytes' },
      {
        name: 'Processors',
        expr: busy('service, instance', '$window'),
        unit: 'short',
        decimals: 2,
        limits: { warning: 0.7, critical: 0.95 },
      },
      { name: 'Open files', expr: 'max by (service, instance) (process_open_fds)', unit: 'short' },
      { name: 'Running for', expr: 'time() - max by (service, instance) (process_start_time_seconds)', unit: 's' },
    ],
  }),
  [
    timeseries({
      title: 'Processor time of processes',
      description: 'Processors that each process keeps busy. A Node.js process has one for its code.',
      unit: 'short',
      stacked: true,
      links: [toDashboard('Node.js', 'pharos-nodejs', { set: { service: labelOf('service') } })],
      queries: [prom(busy('service', '$__rate_interval'), '{{service}}')],
    }),
    timeseries({
      title: 'Memory of processes',
      description: 'Memory that each process holds. One that climbs through every deploy leaks.',
      unit: 'bytes',
      stacked: true,
      links: [toDashboard('Node.js', 'pharos-nodejs', { set: { service: labelOf('service') } })],
      queries: [prom(held('service'), '{{service}}')],
    }),
  ],
)

export const pharosHosts = dashboard({
  uid: 'pharos-hosts',
  title: 'Hosts and containers',
  folder: 'Meta',
  question:
    '**Is the machine the limit, and who takes what of it?** Use tells how much is taken, pressure whether somebody waits for it. Then the processes, largest first.',
  variables: [hostVariable(), windowVariable(), runbooksVariable()],
  links: [toDashboard('Node.js', 'pharos-nodejs')],
  rows: [wellbeing, machine, processes],
})
