import { setTimeout as delay } from 'node:timers/promises'
import { Failure } from '../local/failure.ts'
import { PROCESSES, type ProcessName, type VariantSystem } from './bench-system.ts'
import { cpuCount, cpuSeconds, machineBusySeconds } from './cpu.ts'
import { readLags, type Lags } from './event-loop.ts'
import type { Load, LoadResult } from './load-process.ts'
import { untilAtRest } from './rest.ts'
import { SCENARIOS, type ScenarioName } from './scenarios.ts'
import { endFollows } from './seed-social.ts'
import { signIn, SURNAMES } from './seed.ts'
import type { Received } from './sink-process.ts'
import type { Worker } from './worker.ts'

/** Kafka is left out, as it was for whom we compare with; the sum with it stands beside. */
const IN_SUM = PROCESSES.filter((name) => name !== 'kafka')

/** Some seconds of load on one variant. Latencies in ms; CPU in µs per request, or per whatever the scenario counts. */
export type Slice = {
  requests: number
  /** In a second, by what the scenario counts. */
  throughput: number
  p50: number
  p95: number
  p99: number
  cpu: Record<ProcessName, number>
  sum: number
  sumWithKafka: number
  lag: Lags
  /** Spans that arrived at the receiver, per request. */
  spans: number
  /** Share of the machine that was used by others. */
  foreign: number
  /** False when the processes went on working for 20 s after the load. */
  rested: boolean
}

export type Instruments = {
  load: Worker<Load, LoadResult>
  sink: Worker<'received', Received>
  connections: number
  /** Below it the processes of a set are at rest. */
  calmCoreShare: number
}

const readings = (pids: Readonly<Record<ProcessName, number>>) => {
  const cpu = {} as Record<ProcessName, number>
  for (const name of PROCESSES) cpu[name] = cpuSeconds(pids[name])
  return { cpu, busy: machineBusySeconds(), own: cpuSeconds(process.pid), at: performance.now() }
}

const requireSuccess = (scenario: ScenarioName, variant: string, { answers, faults }: LoadResult): void => {
  const refused = Object.entries(answers).filter(([status]) => !status.startsWith('2'))
  if (refused.length === 0 && faults.length === 0) return
  const what = [...refused.map(([status, count]) => `${count} × ${status}`), ...faults].join(', ')
  throw new Failure(`${scenario} on ${variant}: not every request succeeded (${what}), so there is nothing to measure.`)
}

const AFTER_SCRAPE_MS = 50

/** One slice: prepare, wait for rest, load, wait for rest again, and charge the requests for everything in between. */
export const runSlice = async (
  { load, sink, connections, calmCoreShare }: Instruments,
  o: { scenario: ScenarioName; system: VariantSystem; serial: number; asked: number; seconds: number },
): Promise<Slice> => {
  const { system, seconds, serial, asked } = o
  const scenario = SCENARIOS[o.scenario]
  const pids = system.pids()
  system.emptyLogs()
  if (scenario.coldRedis) await system.emptyRedis()
  const sessions = scenario.signedIn ? await signIn(system.url, connections) : []
  if (scenario.follows) await endFollows(system.url, sessions)
  const { profiles, social } = system
  const context = { serial, asked, seconds, connections, sessions, profiles, social, surnames: SURNAMES }
  const calls = Array.from({ length: connections }, (_, connection) => scenario.calls(context, connection))
  await untilAtRest(Object.values(pids), calmCoreShare)
  await readLags(system.services)
  await delay(AFTER_SCRAPE_MS)

  const received = await sink.ask('received')
  const before = readings(pids)
  const result = await load.ask({ url: system.url, seconds, calls })
  const rested = await untilAtRest(Object.values(pids), calmCoreShare)
  const after = readings(pids)
  const lag = await readLags(system.services)
  const spans = (await sink.ask('received')).spans - received.spans

  requireSuccess(o.scenario, system.name, result)
  const units = result.requests / (scenario.unit?.calls ?? 1)
  const cpu = {} as Record<ProcessName, number>
  for (const name of PROCESSES) cpu[name] = ((after.cpu[name] - before.cpu[name]) * 1e6) / units
  const sum = IN_SUM.reduce((total, name) => total + cpu[name], 0)
  const elapsed = (after.at - before.at) / 1000
  return {
    requests: result.requests,
    throughput: units / result.seconds,
    p50: result.p50,
    p95: result.p95,
    p99: result.p99,
    cpu,
    sum,
    sumWithKafka: sum + cpu.kafka,
    lag,
    spans: spans / units,
    foreign: Math.max(0, after.busy - before.busy - (after.own - before.own)) / (elapsed * cpuCount),
    rested,
  }
}
