import { say } from '../local/progress.ts'
import type { BenchSystem } from './bench-system.ts'
import type { Measured } from './report.ts'
import type { ScenarioName } from './scenarios.ts'
import { runSlice, type Instruments, type Slice } from './slice.ts'
import { turned } from './statistics.ts'
import type { VariantName } from './variants.ts'

/** Others on the machine that use more than this share of it spoil latencies, and through the caches CPU figures too. */
export const NOISY = 0.05

/**
 * V8 goes on compiling for about so many requests; until then a request costs up to twice as much, and whoever answers
 * faster is warm earlier, which would tilt the comparison.
 */
const WARM_UP_REQUESTS = 20_000
/** It goes in parts of so many slices until that number is reached; what is slow, such as a login, is warm after the last. */
export const WARM_UP = { parts: 4, slices: 3 } as const

/** What a slice takes besides its seconds: coming to rest before and after it. */
export const SECONDS_AROUND_A_SLICE = 2.5

let serial = 0

const tell = (scenario: ScenarioName, place: string, name: string, slice: Slice): void => {
  const noise = slice.foreign > NOISY ? `; others used ${Math.round(slice.foreign * 100)} % of the machine` : ''
  const unrest = slice.rested ? '' : '; it did not come to rest'
  say(
    scenario,
    `${place}, ${name}: ${Math.round(slice.throughput)} req/s, ${Math.round(slice.sum)} µs${noise}${unrest}`,
  )
}

/**
 * After a warm-up that is thrown away (code is compiled, caches and pools fill), each variant gets a slice in each round,
 * in turning order, so that whatever changes on the machine meanwhile meets them all.
 */
export const measure = async (
  instruments: Instruments,
  { variants }: BenchSystem,
  o: { scenario: ScenarioName; only: readonly VariantName[]; rounds: number; seconds: number; stop: AbortSignal },
): Promise<Measured[]> => {
  const { scenario } = o
  const measured = variants
    .filter(({ variant }) => o.only.includes(variant))
    .map((system) => ({ system, name: system.name, variant: system.variant, slices: [] as Slice[], asked: 0 }))
  const run = async (each: (typeof measured)[number], place: string, seconds: number): Promise<Slice> => {
    o.stop.throwIfAborted()
    const { system, asked } = each
    const slice = await runSlice(instruments, { scenario, system, serial: ++serial, asked, seconds })
    each.asked += slice.requests
    tell(scenario, place, each.name, slice)
    return slice
  }
  for (const each of measured) {
    for (let part = 0; part < WARM_UP.parts && each.asked < WARM_UP_REQUESTS; part += 1)
      await run(each, 'warm-up', o.seconds * WARM_UP.slices)
  }
  for (let round = 1; round <= o.rounds; round += 1) {
    for (const each of turned(measured, round))
      each.slices.push(await run(each, `round ${round} of ${o.rounds}`, o.seconds))
  }
  return measured
}
