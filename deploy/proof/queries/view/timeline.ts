import type { PanelAnswer } from '../../../ops/queries/ask.ts'
import type { Range } from '../../../ops/queries/back-ends.ts'
import { colorOf, cssColor, fieldOf, textOf, type Field } from './fields.ts'
import { namedSeries } from './graph.ts'
import { coordinate, escapeHtml } from './html.ts'

/** A stretch of time in which a state stayed what it was; seconds since 1970. */
export type Stretch = { from: number; to: number; value: number }

/** Points as stretches: equal neighbours are one, and where a point is missing there is a gap. */
export const stretchesOf = (points: readonly (readonly [number, number])[], stepSeconds: number): Stretch[] => {
  const stretches: Stretch[] = []
  for (const [at, value] of points) {
    const last = stretches.at(-1)
    if (last !== undefined && last.value === value && at - last.to < stepSeconds / 2) last.to = at + stepSeconds
    else stretches.push({ from: at, to: at + stepSeconds, value })
  }
  return stretches
}

const clockOf = (at: number): string => new Date(at * 1000).toISOString().slice(11, 19)

const bandOf = ({ from, to, value }: Stretch, field: Field, range: Range): string => {
  const span = range.to - range.from
  const left = Math.max(0, (from - range.from) / span)
  const width = Math.min(1, (to - range.from) / span) - left
  const says = `${textOf(value, field)}, ${clockOf(from)} to ${clockOf(Math.min(to, range.to))}`
  const place = `left:${coordinate(left * 100)}%;width:${coordinate(width * 100)}%`
  return `<i title="${escapeHtml(says)}" style="${place};background:${cssColor(colorOf(value, field))}"></i>`
}

/** A band for each series, in the colours of its states. */
export const timelineHtml = (answered: PanelAnswer, range: Range): string => {
  const named = namedSeries(answered)
  const rows = named.map(({ name, series }) => {
    const field = fieldOf(answered.panel, name)
    const bands = stretchesOf(series.points, range.stepSeconds).map((stretch) => bandOf(stretch, field, range))
    return `<span class="name" title="${escapeHtml(name)}">${escapeHtml(name)}</span><div class="band">${bands.join('')}</div>`
  })
  const middle = clockOf((range.from + range.to) / 2)
  const axis = `<span></span><div class="axis"><span>${clockOf(range.from)}</span><span>${middle}</span><span>${clockOf(range.to)}</span></div>`
  return `<div class="timeline">${rows.join('')}${axis}</div>`
}
