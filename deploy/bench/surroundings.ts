import { cpus, loadavg, totalmem } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { execaSync } from 'execa'
import { memoryOf } from '../local/process-identity.ts'
import { ROOT } from '../local/settings.ts'
import type { BenchSystem, ProcessName, VariantSystem } from './bench-system.ts'
import { cpuCount, cpuSeconds, residentMegabytes } from './cpu.ts'
import type { VariantName } from './variants.ts'

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

/** Share of a core that everything together uses while nothing is asked of it. */
export const idleShare = async ({ variants }: BenchSystem): Promise<number> => {
  const pids = new Set(variants.flatMap((system) => Object.values(system.pids())))
  const used = (): number => [...pids].reduce((sum, pid) => sum + cpuSeconds(pid), 0)
  const before = used()
  await delay(IDLE_SECONDS * 1000)
  return (used() - before) / IDLE_SECONDS
}

/** Megabytes by process. */
export type Memory = { variant: VariantName; resident: Record<ProcessName, number>; startSeconds: number }

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

/** By variant, what is resident now, and how long the users service takes to start. */
export const memoryAndStart = async ({ variants }: BenchSystem): Promise<Memory[]> => {
  const memory: Memory[] = []
  for (const system of variants) {
    const resident = residentOf(system)
    memory.push({ variant: system.variant, resident, startSeconds: await restart(system) })
  }
  return memory
}
