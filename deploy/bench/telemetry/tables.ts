import { digits, type Measured } from '../report.ts'
import { NOISY } from '../rounds.ts'
import { medianInterval, ratios, spread, type Interval } from '../statistics.ts'
import type { Memory } from '../surroundings.ts'
import { costs, type judgeRise, type Judged } from './judge.ts'

/** The first row is the heading. */
export type Rows = readonly (readonly string[])[]

const range = ({ low, high }: { low: number; high: number }): string => `${digits(low)}–${digits(high)}`

const multipleOf = (interval: Interval | undefined): string =>
  interval === undefined
    ? '–'
    : `${interval.median.toFixed(2)} (${interval.low.toFixed(2)}–${interval.high.toFixed(2)})`

const residentOf = (memory: readonly Memory[], set: string): number => {
  const resident = memory.find(({ name }) => name === set)?.resident
  return resident === undefined ? Number.NaN : resident.gateway + resident.users
}

const startOf = (memory: readonly Memory[], set: string): number =>
  memory.find(({ name }) => name === set)?.startSeconds.median ?? Number.NaN

/** One row for each layer: its CPU per request, what that is of `off`, and what else it takes. */
export const layerRows = (measured: readonly Measured[], memory: readonly Memory[]): Rows => {
  const off = costs(measured, 'off')
  const rows = measured.map(({ name, slices }) => {
    const cpu = spread(costs(measured, name))
    const over = (figure: 'throughput' | 'p99' | 'spans'): number => spread(slices.map((slice) => slice[figure])).median
    return [
      name,
      `${digits(cpu.median)} (${range({ low: cpu.min, high: cpu.max })})`,
      name === 'off' ? '1' : multipleOf(medianInterval(ratios(costs(measured, name), off))),
      digits(Math.round(over('throughput'))),
      digits(over('p99')),
      digits(over('spans')),
      digits(residentOf(memory, name)),
      digits(startOf(memory, name)),
    ]
  })
  return [['layer', 'CPU µs', '× off', 'req/s', 'p99 ms', 'spans', 'RSS MB', 'start s'], ...rows]
}

export const budgetRows = (judged: readonly Judged[]): Rows => [
  ['budget', 'measured', 'verdict'],
  ...judged.map(({ what, multiple, verdict }) => [what, multipleOf(multiple), verdict]),
]

export const riseRows = (judged: ReturnType<typeof judgeRise>): Rows => [
  ['CPU µs', 'before', 'now', '×', 'verdict'],
  ...judged.map(({ what, before, now, multiple, verdict }) => [
    what,
    digits(before),
    digits(now),
    multipleOf(multiple),
    verdict,
  ]),
]

/** How far the machine was not ours alone; nothing when it was. */
export const noiseOf = (measured: readonly Measured[]): string | undefined => {
  const slices = measured.flatMap((each) => each.slices)
  const noisy = slices.filter(({ foreign }) => foreign > NOISY).length
  const restless = slices.filter(({ rested }) => !rested).length
  const faults = [
    ...(noisy > 0 ? [`others used more than ${NOISY * 100} % of the machine in ${noisy}`] : []),
    ...(restless > 0 ? [`the system did not come to rest after ${restless}`] : []),
  ]
  return faults.length === 0
    ? undefined
    : `Of ${slices.length} slices: ${faults.join('; ')}. Measure again on a quiet machine.`
}

/** A table for a README. */
export const markdownTable = (rows: Rows): string => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const [heading = [], ...body] = rows
  return [line(heading), line(heading.map(() => '---')), ...body.map(line)].join('\n')
}
