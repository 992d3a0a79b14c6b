import type { PanelAnswer, TargetAnswer } from '../../../ops/queries/ask.ts'
import type { Series } from '../../../ops/queries/answers.ts'
import type { Range } from '../../../ops/queries/back-ends.ts'
import { cssColor, fieldOf, textOf, type Field } from './fields.ts'
import { escapeHtml } from './html.ts'
import { colorsFor, seriesName } from './names.ts'

type Line = { name: string; color: string; values: (number | null)[]; points: boolean }

/** What the page needs to draw a graph; times in seconds, values beside them, null where there is none. */
export type Chart = {
  kind: 'lines' | 'cells'
  times: number[]
  lines: Line[]
  unit?: string | undefined
  decimals?: number | undefined
  min?: number | undefined
  max?: number | undefined
  stacked: boolean
  /** How much of the area below a line is filled, 0 to 1. */
  fill: number
  limits: { value: number; color: string }[]
  /** Time, value and id of the trace of single requests. */
  exemplars: [number, number, string][]
}

type Named = { name: string; series: Series }

/** Every series of a panel with its name; what one query alone answers without labels has the title of the panel. */
export const namedSeries = ({ panel, targets }: PanelAnswer): Named[] =>
  targets.flatMap(({ target, answer }) =>
    answer?.kind === 'series'
      ? answer.series
          .filter(({ points }) => points.length > 0)
          .map((series) => ({ name: seriesName(series, target, panel.title), series }))
      : [],
  )

const rounded = (value: number): number | null => (Number.isFinite(value) ? Number(value.toPrecision(5)) : null)

/**
 * Several series over one axis of time with every step of the range, and null where one has nothing: a line ends where its
 * points do. Stores that align on their own meet the others in the same steps.
 */
export const alignSeries = (
  all: readonly Series[],
  { from, to, stepSeconds }: Range,
): { times: number[]; rows: (number | null)[][] } => {
  const times = Array.from({ length: Math.floor((to - from) / stepSeconds) + 1 }, (_, i) => from + i * stepSeconds)
  const stepOf = (at: number): number => Math.round((at - from) / stepSeconds)
  const rows = all.map(({ points }) => {
    const known = new Map(points.map(([at, value]) => [stepOf(at), value]))
    return times.map((_, i) => rounded(known.get(i) ?? Number.NaN))
  })
  return { times, rows }
}

const exemplarsOf = (targets: readonly TargetAnswer[], { from, to }: Range): Chart['exemplars'] =>
  targets
    .flatMap(({ exemplars = [] }) => exemplars)
    .filter(({ at }) => at >= from && at <= to)
    // The slowest are those that somebody will ask about.
    .toSorted((a, b) => b.value - a.value)
    .filter(({ value }, _, [slowest]) => value > (slowest?.value ?? 0) / 10)
    .slice(0, 40)
    .map(({ at, value, traceId }) => [Math.round(at * 10) / 10, Number(value.toPrecision(4)), traceId])

const limitsOf = ({ custom, steps }: Field): Chart['limits'] =>
  custom['thresholdsStyle'] === undefined
    ? []
    : steps.flatMap(({ value, color }) => (value === null ? [] : [{ value, color: cssColor(color) }]))

/** The lines of a panel of type `timeseries`. */
export const chartOf = (answered: PanelAnswer, range: Range): Chart => {
  const { panel, targets } = answered
  const named = namedSeries(answered)
  const { times, rows } = alignSeries(
    named.map(({ series }) => series),
    range,
  )
  const field = fieldOf(panel)
  const colors = colorsFor(named.map(({ name }) => name))
  return {
    kind: 'lines',
    times,
    lines: named.map(({ name }, i) => ({
      name,
      color: colors[i] ?? '',
      values: rows[i] ?? [],
      points: fieldOf(panel, name).custom['drawStyle'] === 'points',
    })),
    unit: field.unit,
    decimals: field.decimals,
    min: field.min,
    max: field.max,
    stacked: field.custom['stacking'] !== undefined,
    fill: Number(field.custom['fillOpacity'] ?? 0) / 100,
    limits: limitsOf(field),
    exemplars: exemplarsOf(targets, range),
  }
}

const bound = (text: string): number => Number(text.replace('Inf', 'Infinity'))

/** The cells of a heat map: how many fell between one bound of the histogram and the next; a line is a bound. */
export const cellsOf = (answered: PanelAnswer, range: Range): Chart => {
  const series = namedSeries(answered)
    .map((one) => one.series)
    .toSorted((a, b) => bound(a.labels['le'] ?? '0') - bound(b.labels['le'] ?? '0'))
  const { times, rows } = alignSeries(series, range)
  // Each bucket of Prometheus holds those below it as well.
  const own = rows.map((row, i) => row.map((value, at) => Math.max(0, (value ?? 0) - (rows[i - 1]?.[at] ?? 0))))
  const highest = own.findLastIndex((row) => row.some((value) => value > 1e-9))
  const lowest = own.findIndex((row) => row.some((value) => value > 1e-9))
  const { unit, decimals } = fieldOf(answered.panel)
  const lines = series
    .map(({ labels }, i) => ({ name: labels['le'] ?? '', color: '', values: own[i] ?? [], points: false }))
    .slice(Math.max(0, lowest - 1), highest + 2)
  return { kind: 'cells', times, lines, unit, decimals, stacked: false, fill: 0, limits: [], exemplars: [] }
}

const CALCULATIONS: Readonly<Record<string, { title: string; of: (values: readonly number[]) => number }>> = {
  mean: { title: 'mean', of: (values) => values.reduce((sum, value) => sum + value, 0) / values.length },
  min: { title: 'min', of: (values) => values.reduce((a, b) => Math.min(a, b)) },
  max: { title: 'max', of: (values) => values.reduce((a, b) => Math.max(a, b)) },
  lastNotNull: { title: 'last', of: (values) => values.at(-1) ?? Number.NaN },
  last: { title: 'last', of: (values) => values.at(-1) ?? Number.NaN },
  sum: { title: 'total', of: (values) => values.reduce((sum, value) => sum + value, 0) },
}

type Legend = { showLegend?: boolean; calcs?: string[] }

/** The table below a graph: a name and a colour, and what the dashboard wants to know of each line. */
export const legendOf = ({ panel }: PanelAnswer, chart: Chart): string => {
  const { showLegend = true, calcs = [] } = (panel.options?.['legend'] ?? {}) as Legend
  if (!showLegend) return ''
  const wanted = calcs.flatMap((name) => CALCULATIONS[name] ?? [])
  const head = wanted.map(({ title }) => `<th>${title}</th>`).join('')
  const body = chart.lines.map(({ name, color, values }, i) => {
    const numbers = values.filter((value) => value !== null)
    const field = fieldOf(panel, name)
    const cells = wanted.map(
      ({ of }) => `<td>${numbers.length === 0 ? '–' : escapeHtml(textOf(of(numbers), field))}</td>`,
    )
    const key = `<i style="background:${color}"></i>${escapeHtml(name)}`
    return `<tr data-line="${i}"><th title="${escapeHtml(name)}">${key}</th>${cells.join('')}</tr>`
  })
  return `<div class="legend"><table><thead><tr><td></td>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
}
