import { setTimeout as delay } from 'node:timers/promises'
import { cpuSeconds } from './cpu.ts'

const LOOK_EVERY_MS = 500
const CALM_LOOKS = 2
const CALM_CORE_SHARE = 0.1
const ABOVE_IDLE = 0.05
const PATIENCE_MS = 20_000

/** What counts as rest where the processes use `idle` of a core with nothing to do: many sets of services keep Kafka busy. */
export const calmShare = (idle: number): number => Math.max(CALM_CORE_SHARE, idle + ABOVE_IDLE)

/**
 * Waits until the processes together have used less than `calmCoreShare` of a core, a tenth by default, for a second, so that work
 * left behind by requests (events to publish and to handle, spans to send) belongs to the slice that caused it. False when
 * they would not.
 */
export const untilAtRest = async (pids: readonly number[], calmCoreShare = CALM_CORE_SHARE): Promise<boolean> => {
  const used = (): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)
  const deadline = performance.now() + PATIENCE_MS
  let last = used()
  let calm = 0
  while (performance.now() < deadline) {
    await delay(LOOK_EVERY_MS)
    const current = used()
    calm = current - last < (calmCoreShare * LOOK_EVERY_MS) / 1000 ? calm + 1 : 0
    last = current
    if (calm === CALM_LOOKS) return true
  }
  return false
}
