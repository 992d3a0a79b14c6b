import type { Measured } from '../report.ts'
import { medianInterval, ratios, ROUNDS_FOR_AN_INTERVAL, spread, type Interval } from '../statistics.ts'
import type { VariantName } from '../variants.ts'

/** As multiples of the CPU per request with everything off, on the cached read from gateway to users. */
const BUDGETS: readonly { variant: VariantName; what: string; limit: number }[] = [
  { variant: 'all', what: 'every signal, every trace', limit: 2 },
  { variant: 'all-10%', what: 'every signal, one trace in ten', limit: 1.4 },
]

/** A rise up to here is not told from none. */
const RISE = 1.1

const NO_INTERVAL = `fewer than ${ROUNDS_FOR_AN_INTERVAL} rounds prove nothing`

/** `passed` is false for what is not proven, too. */
export type Judged = { what: string; multiple: Interval | undefined; passed: boolean; verdict: string }

/** CPU in µs per request, round by round; throws when that set was not measured. */
export const costs = (measured: readonly Measured[], called: string): number[] => {
  const found = measured.find(({ name }) => name === called)
  if (found === undefined) throw new Error(`"${called}" was not measured`)
  return found.slices.map(({ sum }) => sum)
}

/** Each budget is kept when the whole interval lies within it. */
export const judgeBudgets = (measured: readonly Measured[]): Judged[] =>
  BUDGETS.map(({ variant, what, limit }) => {
    const multiple = medianInterval(ratios(costs(measured, variant), costs(measured, 'off')))
    const budget = `${what}: at most ${limit.toFixed(1)} ×`
    if (multiple === undefined) return { what: budget, multiple, passed: false, verdict: `not proven: ${NO_INTERVAL}` }
    if (multiple.high <= limit) return { what: budget, multiple, passed: true, verdict: 'kept' }
    if (multiple.low > limit) return { what: budget, multiple, passed: false, verdict: 'exceeded' }
    return {
      what: budget,
      multiple,
      passed: false,
      verdict: 'not proven: the interval crosses it, more rounds may tell',
    }
  })

/** The sets of services of a comparison, in the order in which they are measured: each beside its like. */
export const COMPARED = [
  { name: 'off-before', variant: 'off', before: true },
  { name: 'off-now', variant: 'off', before: false },
  { name: 'all-before', variant: 'all', before: true },
  { name: 'all-now', variant: 'all', before: false },
] as const

/** What a request costs without telemetry, with it, and telemetry itself, in µs of CPU round by round. */
const comparedCosts = (measured: readonly Measured[]) => {
  const of = (name: (typeof COMPARED)[number]['name']): number[] => costs(measured, name)
  const difference = (all: readonly number[], off: readonly number[]): number[] =>
    all.map((value, round) => value - (off[round] ?? Number.NaN))
  const [offBefore, offNow, allBefore, allNow] = [of('off-before'), of('off-now'), of('all-before'), of('all-now')]
  return [
    { what: 'a request without telemetry', before: offBefore, now: offNow },
    { what: 'a request with every signal', before: allBefore, now: allNow },
    {
      what: 'telemetry, the difference',
      before: difference(allBefore, offBefore),
      now: difference(allNow, offNow),
    },
  ]
}

const verdictOnRise = (multiple: Interval | undefined): Pick<Judged, 'passed' | 'verdict'> => {
  if (multiple === undefined) return { passed: false, verdict: `not proven: ${NO_INTERVAL}` }
  if (multiple.low > RISE) return { passed: false, verdict: 'dearer, by more than the noise' }
  if (multiple.high <= RISE) return { passed: true, verdict: 'not dearer' }
  return { passed: true, verdict: 'nothing that noise does not explain' }
}

/** A cost has risen when the whole interval of its multiple lies above 1.1. Costs are medians in µs. */
export const judgeRise = (measured: readonly Measured[]): (Judged & { before: number; now: number })[] =>
  comparedCosts(measured).map(({ what, before, now }) => {
    const multiple = medianInterval(ratios(now, before))
    const medians = { before: spread(before).median, now: spread(now).median }
    return { what, multiple, ...medians, ...verdictOnRise(multiple) }
  })
