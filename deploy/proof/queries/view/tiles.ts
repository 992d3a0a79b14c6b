import type { PanelAnswer } from '../../../ops/queries/ask.ts'
import type { Series } from '../../../ops/queries/answers.ts'
import { colorOf, cssColor, fieldOf, textOf, type Field } from './fields.ts'
import { namedSeries } from './graph.ts'
import { coordinate, escapeHtml } from './html.ts'

type Tile = { name: string; value: number; field: Field; color: string; series: Series }

const tilesOf = (answered: PanelAnswer): Tile[] =>
  namedSeries(answered).map(({ name, series }) => {
    const value = series.points.at(-1)?.[1] ?? Number.NaN
    const field = fieldOf(answered.panel, name)
    return { name, value, field, color: cssColor(colorOf(value, field)), series }
  })

const SPARK = { width: 200, height: 40 }

/** The course of a value as a small drawing without axes; nothing for a single number. */
export const sparkline = ({ points }: Series): string => {
  if (points.length < 3) return ''
  const values = points.map(([, value]) => value).filter((value) => Number.isFinite(value))
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const from = points[0]?.[0] ?? 0
  const span = (points.at(-1)?.[0] ?? 0) - from || 1
  const line = points
    .filter(([, value]) => Number.isFinite(value))
    .map(([at, value]) => {
      const x = ((at - from) / span) * SPARK.width
      const y = high === low ? SPARK.height / 2 : SPARK.height - 2 - ((value - low) / (high - low)) * (SPARK.height - 4)
      return `${coordinate(x)},${coordinate(y)}`
    })
  const { width, height } = SPARK
  const area = `M0,${height}L${line.join('L')}L${width},${height}Z`
  const path = `<path class="area" d="${area}"/><path class="line" d="M${line.join('L')}"/>`
  return `<svg class="spark" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none">${path}</svg>`
}

/** One number large, its colour by the thresholds, its course behind it; several stand side by side. */
export const statTiles = (answered: PanelAnswer): string => {
  const tiles = tilesOf(answered)
  const onColor = answered.panel.options?.['colorMode'] === 'background'
  const body = tiles.map(({ name, value, field, color, series }) => {
    const text = textOf(value, field)
    // So that the longest fits as well as the shortest.
    const size = `--letters:${Math.max(4, text.length)}`
    const label = tiles.length > 1 ? `<span class="name">${escapeHtml(name)}</span>` : ''
    const plain = color === 'var(--text)'
    const look = onColor && !plain ? 'stat filled' : 'stat'
    return `<div class="${look}" style="--is:${color};${size}">${sparkline(series)}${label}<b>${escapeHtml(text)}</b></div>`
  })
  return `<div class="stats${tiles.length > 1 ? ' many' : ''}">${body.join('')}</div>`
}

const shareOf = ({ value, field }: Tile, lowest: number, highest: number): number => {
  const { min = lowest, max = highest } = field
  return max === min ? 0 : Math.min(1, Math.max(0, (value - min) / (max - min)))
}

const RADIUS = 40
const arc = (from: number, to: number, radius: number): string => {
  const at = (share: number): string => {
    const angle = Math.PI * (1 - share)
    return `${coordinate(50 + radius * Math.cos(angle))},${coordinate(50 - radius * Math.sin(angle))}`
  }
  return `M${at(from)}A${radius},${radius} 0 0 1 ${at(to)}`
}

// A thin ring outside says where the colours begin.
const ringOf = ({ field }: Tile): string => {
  const { steps, min = 0, max = 1 } = field
  return steps
    .map(({ value, color }, i) => {
      const at = (bound: number | null | undefined, otherwise: number): number =>
        bound == null ? otherwise : Math.min(1, Math.max(0, (bound - min) / (max - min)))
      const path = arc(at(value, 0), at(steps[i + 1]?.value, 1), RADIUS + 6)
      return `<path d="${path}" stroke="${cssColor(color)}" stroke-width="2.5"/>`
    })
    .join('')
}

/** A half circle for each value, filled as far as it reaches between the least and the most. */
export const gauges = (answered: PanelAnswer): string => {
  const tiles = tilesOf(answered)
  const body = tiles.map((tile) => {
    const share = shareOf(tile, 0, Math.max(1, tile.value))
    const bar = `<path class="rail" d="${arc(0, 1, RADIUS)}"/><path class="bar" d="${arc(0, Math.max(0.001, share), RADIUS)}" stroke="${tile.color}"/>`
    const text = `<text x="50" y="49">${escapeHtml(textOf(tile.value, tile.field))}</text>`
    const label = tiles.length > 1 ? `<span class="name">${escapeHtml(tile.name)}</span>` : ''
    return `<div class="gauge"><svg viewBox="0 0 100 56">${ringOf(tile)}${bar}${text}</svg>${label}</div>`
  })
  return `<div class="gauges">${body.join('')}</div>`
}

/** A bar for each value, the longest first. */
export const bars = (answered: PanelAnswer): string => {
  const tiles = tilesOf(answered).toSorted((a, b) => b.value - a.value)
  const highest = Math.max(0, ...tiles.map(({ value }) => value))
  const body = tiles.map((tile) => {
    const share = coordinate(shareOf(tile, 0, highest) * 100)
    const color = tile.color === 'var(--text)' ? 'var(--accent)' : tile.color
    const name = `<span class="name" title="${escapeHtml(tile.name)}">${escapeHtml(tile.name)}</span>`
    const value = escapeHtml(textOf(tile.value, tile.field))
    return `<div class="bar">${name}<span class="rail"><i style="width:${share}%;background:${color}"></i></span><b>${value}</b></div>`
  })
  return `<div class="bars">${body.join('')}</div>`
}
