import { cpus, loadavg, totalmem } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { execaSync } from 'execa'
import { memoryOf } from '../local/process-identity.ts'
import { ROOT } from '../local/settings.ts'
import type { BenchSystem, ProcessName, VariantSystem } from './bench-system.ts'
import { cpuCount, cpuSeconds, residentMegabytes } from './cpu.ts'
import { spread, turned, type Spread } from './statistics.ts'

const IDLE_SECONDS = 3

/** The kind of machine that the figures belong to. */
export const machine = () => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpuCount,
  memoryGigabytes: Math.round(totalmem() / 2 ** 30),
  system: `${process.platform} ${process.arch}`,
  node: process.versions.node,
  loadAverage: loadavg()[0] ?? Number.NaN,
})

/** The commit that is measured, marked when the checkout differs from it. */
export const commit = (): string => {
  const git = execaSync('git', ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'], {
    cwd: ROOT,
    reject: false,
  })
  return git.failed ? 'unknown' : git.stdout.trim()
}

/** Shares of a core that are used while nothing is asked: by everything together, and by the calmest set with the stores. */
export const idleShares = async ({ variants }: BenchSystem): Promise<{ all: number; set: number }> => {
  const sets = variants.map((system) => Object.values(system.pids()))
  const pids = [...new Set(sets.flat())]
  const used = (): Map<number, number> => new Map(pids.map((pid) => [pid, cpuSeconds(pid)]))
  const before = used()
  await delay(IDLE_SECONDS * 1000)
  const after = used()
  const shareOf = (some: readonly number[]): number =>
    some.reduce((sum, pid) => sum + (after.get(pid) ?? 0) - (before.get(pid) ?? 0), 0) / IDLE_SECONDS
  return { all: shareOf(pids), set: Math.min(...sets.map(shareOf)) }
}

/** Megabytes by process. */
export type Memory = { name: string; resident: Record<ProcessName, number>; startSeconds: Spread }

const residentOf = (system: VariantSystem): Record<ProcessName, number> => {
  const resident = {} as Record<ProcessName, number>
  for (const [name, pid] of Object.entries(system.pids()) as [ProcessName, number][]) {
    // The processes of PostgreSQL share most of their memory, so each page is counted once.
    resident[name] = name === 'postgres' ? (memoryOf(pid) ?? Number.NaN) / 2 ** 20 : residentMegabytes(pid)
  }
  return resident
}

const restart = async ({ services }: VariantSystem): Promise<number> => {
  await services.users.stop()
  const begun = performance.now()
  await services.users.start()
  return (performance.now() - begun) / 1000
}

/** By set, what is resident now, and how long the users service takes to start, `times` times in turns. */
export const memoryAndStart = async ({ variants }: BenchSystem, stop: AbortSignal, times = 1): Promise<Memory[]> => {
  const looked = variants.map((system) => ({ system, resident: residentOf(system), starts: [] as number[] }))
  for (let turn = 0; turn < times; turn += 1) {
    for (const each of turned(looked, turn)) {
      stop.throwIfAborted()
      each.starts.push(await restart(each.system))
    }
  }
  return looked.map(({ system: { name }, resident, starts }) => ({ name, resident, startSeconds: spread(starts) }))
}
