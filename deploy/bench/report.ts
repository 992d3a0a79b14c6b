import type { ServiceName } from '../local/services.ts'
import { PROCESSES, type ProcessName } from './bench-system.ts'
import type { Lags } from './event-loop.ts'
import { SCENARIOS, type ScenarioName } from './scenarios.ts'
import type { Slice } from './slice.ts'
import { spread, type Spread } from './statistics.ts'
import type { Memory } from './surroundings.ts'
import type { VariantName } from './variants.ts'

const FIGURES = ['throughput', 'p50', 'p95', 'p99', 'sum', 'sumWithKafka', 'spans', 'foreign'] as const

export type Summary = Record<(typeof FIGURES)[number], Spread> & {
  cpu: Record<ProcessName, Spread>
  /** Greatest over the rounds, in ms. */
  lag: Lags
}

export type Measured = { name: string; variant: VariantName; slices: readonly Slice[] }

/** Median, least and greatest of every figure over the rounds of one variant. */
export const summarise = (slices: readonly Slice[]): Summary => {
  const lag: Lags = {}
  for (const slice of slices) {
    for (const [name, ms] of Object.entries(slice.lag) as [ServiceName, number][])
      lag[name] = Math.max(lag[name] ?? 0, ms)
  }
  const over = (figure: (slice: Slice) => number): Spread => spread(slices.map(figure))
  const figures = Object.fromEntries(FIGURES.map((name) => [name, over((slice) => slice[name])]))
  const cpu = Object.fromEntries(PROCESSES.map((name) => [name, over((slice) => slice.cpu[name])]))
  return { ...figures, cpu, lag } as Summary
}

export const digits = (value: number): string => {
  if (Number.isNaN(value)) return '–'
  const places = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en', { minimumFractionDigits: places, maximumFractionDigits: places })
}

/** Lines of a table: the first column to the left, figures to the right. */
export const columns = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
  return rows.map((row) => `  ${line(row)}`).join('\n')
}

const FIGURE_HEADINGS = [
  'p50',
  'p95',
  'p99',
  'CPU µs',
  'min–max',
  '× off',
  ...PROCESSES,
  'with kafka',
  'spans',
  'lag ms',
]

const rowOf = (name: string, summary: Summary, off: Summary | undefined): string[] => [
  name,
  digits(Math.round(summary.throughput.median)),
  ...[summary.p50, summary.p95, summary.p99, summary.sum].map(({ median }) => digits(median)),
  `${digits(summary.sum.min)}–${digits(summary.sum.max)}`,
  off === undefined ? '–' : digits(summary.sum.median / off.sum.median),
  ...PROCESSES.map((process) => digits(summary.cpu[process].median)),
  digits(summary.sumWithKafka.median),
  digits(summary.spans.median),
  digits(Math.max(...Object.values(summary.lag), -Infinity)).replace('-∞', '–'),
]

/** One scenario as a table: medians over the rounds, and what each variant costs in multiples of `off`. */
export const scenarioTable = (name: ScenarioName, measured: readonly Measured[]): string => {
  const summaries = measured.map(({ name: set, variant, slices }) => ({ set, variant, summary: summarise(slices) }))
  const off = summaries.find(({ variant }) => variant === 'off')?.summary
  const rows = summaries.map(({ set, summary }) => rowOf(set, summary, off))
  const { about, unit } = SCENARIOS[name]
  const heading = ['', unit === undefined ? 'req/s' : `${unit.name}s/s`, ...FIGURE_HEADINGS]
  return `\n${name}: ${about}\n${columns([heading, ...rows])}\n`
}

/** Resident memory and start-up by variant. */
export const memoryTable = (memory: readonly Memory[]): string => {
  const rows = memory.map(({ name, resident, startSeconds }) => [
    name,
    ...PROCESSES.map((process) => digits(resident[process])),
    digits(startSeconds.median),
  ])
  return `\nResident MB after the run, and seconds that the users service takes to start\n${columns([['', ...PROCESSES, 'start s'], ...rows])}\n`
}
