import { say } from '../local/progress.ts'
import type { BenchSystem } from './bench-system.ts'
import type { Measured } from './report.ts'
import type { ScenarioName } from './scenarios.ts'
import { runSlice, type Instruments, type Slice } from './slice.ts'
import { turned } from './statistics.ts'
import type { VariantName } from './variants.ts'

/** Others on the machine that use more than this share of it spoil latencies, and through the caches CPU figures too. */
const NOISY = 0.05

/** A warm-up lasts this many slices: code goes on being compiled for tens of thousands of requests. */
export const WARM_UP_SLICES = 3

let serial = 0

const tell = (scenario: ScenarioName, place: string, variant: VariantName, slice: Slice): void => {
  const noise = slice.foreign > NOISY ? `; others used ${Math.round(slice.foreign * 100)} % of the machine` : ''
  const unrest = slice.rested ? '' : '; it did not come to rest'
  say(
    scenario,
    `${place}, ${variant}: ${Math.round(slice.throughput)} req/s, ${Math.round(slice.sum)} µs${noise}${unrest}`,
  )
}

/**
 * Each variant gets a slice in each round, in turning order, so that whatever changes on the machine meanwhile meets
 * them all. Round 0 warms up (code is compiled, caches and pools fill) and is thrown away.
 */
export const measure = async (
  instruments: Instruments,
  { variants }: BenchSystem,
  o: { scenario: ScenarioName; only: readonly VariantName[]; rounds: number; seconds: number; stop: AbortSignal },
): Promise<Measured[]> => {
  const { scenario } = o
  const measured = variants
    .filter(({ variant }) => o.only.includes(variant))
    .map((system) => ({ system, variant: system.variant, slices: [] as Slice[], asked: 0 }))
  for (let round = 0; round <= o.rounds; round += 1) {
    for (const each of turned(measured, round)) {
      o.stop.throwIfAborted()
      const { system, asked } = each
      const seconds = round === 0 ? o.seconds * WARM_UP_SLICES : o.seconds
      const slice = await runSlice(instruments, { scenario, system, serial: ++serial, asked, seconds })
      each.asked += slice.requests
      if (round > 0) each.slices.push(slice)
      tell(scenario, round === 0 ? 'warm-up' : `round ${round} of ${o.rounds}`, each.variant, slice)
    }
  }
  return measured
}
