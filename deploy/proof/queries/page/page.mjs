// Runs in a browser: what stands in the page as data becomes graphs when it is looked at.
import { faded, lanesHeight, paintCells, paintExemplars, paintLimits, paintMarks, resolved } from './paint.mjs'
import { clock, hideTip, tell } from './tip.mjs'
import { formatValue } from '../view/units.ts'

/* global document, window, location, localStorage, getComputedStyle, ResizeObserver, IntersectionObserver, matchMedia, requestAnimationFrame, uPlot */

const data = JSON.parse(document.querySelector('#data').textContent)
const root = document.documentElement
const asked = new URLSearchParams(location.search)

const stacked = (rows) => {
  const sums = []
  return rows.map((row) => row.map((value, i) => (sums[i] = (sums[i] ?? 0) + (value ?? 0))))
}

// A value between two gaps would be a line of no length.
const isolated = (u, index) => {
  const row = u.data[index]
  return row.flatMap((value, i) => (value != null && row[i - 1] == null && row[i + 1] == null ? [i] : []))
}

const seriesOf = (chart) =>
  chart.lines.map(({ name, color, points }) => ({
    label: name,
    stroke: color,
    width: 1.6,
    fill: chart.fill > 0 && !points ? faded(color, chart.stacked ? 0.55 : chart.fill) : undefined,
    paths: points ? () => null : undefined,
    points: points ? { show: true, size: 5, fill: color } : { show: true, size: 4, fill: color, filter: isolated },
  }))

const yRange = (chart) => (_, low, high) => {
  if (chart.kind === 'cells') return [0, chart.lines.length - 1 || 1]
  if (low === null) return [0, 1]
  if (low === high && low === 0) return [chart.min ?? 0, chart.max ?? 1]
  const [from, to] = uPlot.rangeNum(Math.min(low, chart.min ?? low), high, 0.1, true)
  return [chart.min ?? from, chart.max ?? (to > from ? to : from + 1)]
}

// Steps that are round in KiB, MiB and GiB.
const POWERS = Array.from({ length: 50 }, (_, i) => 2 ** i)

const axesOf = (chart) => {
  const look = {
    stroke: resolved('var(--soft)'),
    font: `11px ${getComputedStyle(root).fontFamily}`,
    ticks: { show: false },
  }
  const grid = { stroke: resolved('var(--grid)'), width: 1 }
  const label = (value) =>
    chart.kind === 'cells'
      ? formatValue(Number((chart.lines[value]?.name ?? '').replace('+Inf', 'Infinity')), chart.unit)
      : formatValue(value, chart.unit, chart.unit === 'short' ? undefined : chart.decimals)
  const y = {
    ...look,
    grid,
    gap: 4,
    size: (_, labels) => 14 + 6.4 * Math.max(3, ...(labels ?? []).map((text) => (text ?? '').length)),
    values: (_, splits) => splits.map(label),
    space: 26,
    ...(chart.unit === 'bytes' && { incrs: POWERS }),
  }
  // Every bound of a histogram would be more than there is room for.
  const bounds = (u) => {
    const every = Math.ceil(chart.lines.length / Math.max(2, Math.floor(u.bbox.height / window.devicePixelRatio / 18)))
    return chart.lines.flatMap((_, i) => (i % every === 0 ? [i] : []))
  }
  return [
    {
      ...look,
      grid: { show: false },
      gap: 2,
      size: 20,
      space: 60,
      values: (_, splits) => splits.map((at) => clock(at).slice(0, 5)),
    },
    chart.kind === 'cells' ? { ...y, splits: bounds } : y,
  ]
}

const drawn = new Map()

const draw = (element) => {
  const chart = data.charts[element.dataset.chart]
  const section = element.closest('section').id
  const marks = data.marks[section] ?? []
  const values = chart.lines.map((line) => line.values)
  const rows = chart.stacked
    ? stacked(values)
    : chart.kind === 'cells'
      ? values.map((row) => row.map(() => null))
      : values
  const paintBelow = (u) => {
    paintMarks(u, marks)
    if (chart.kind === 'cells') paintCells(u, chart, data.range.stepSeconds)
  }
  const paintAbove = (u) => {
    paintLimits(u, chart.limits)
    paintExemplars(u, chart.exemplars)
  }
  const u = new uPlot(
    {
      width: element.clientWidth,
      height: element.clientHeight,
      pxAlign: 1,
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC'),
      legend: { show: false },
      focus: { alpha: 0.25 },
      cursor: {
        sync: { key: section, scales: ['x', null] },
        drag: { x: true, y: false },
        points: { size: 6 },
        focus: { prox: -1 },
      },
      scales: {
        x: {
          time: true,
          range: (_, low, high) => (low === high || low === null ? [data.range.from, data.range.to] : [low, high]),
        },
        y: { range: yRange(chart) },
      },
      axes: axesOf(chart),
      series: [{}, ...seriesOf(chart)],
      bands: chart.stacked ? chart.lines.slice(1).map((_, i) => ({ series: [i + 2, i + 1] })) : [],
      hooks: {
        drawClear: [paintBelow],
        draw: [paintAbove],
        setCursor: [(self) => self.over.matches(':hover') && tell(self, { chart, marks })],
      },
      padding: [8 + lanesHeight(marks), 16, 0, 0],
    },
    [data.axes[chart.times], ...rows],
    element,
  )
  u.setScale('x', { min: data.range.from, max: data.range.to })
  u.over.style.setProperty('--lanes', `${lanesHeight(marks)}px`)
  u.over.addEventListener('mouseleave', hideTip)
  u.over.addEventListener('dblclick', () =>
    requestAnimationFrame(() => u.setScale('x', { min: data.range.from, max: data.range.to })),
  )
  for (const row of element.parentElement.querySelectorAll('.legend tr[data-line]')) {
    const index = Number(row.dataset.line) + 1
    row.addEventListener('click', () => {
      u.setSeries(index, { show: !u.series[index].show })
      row.classList.toggle('off', !u.series[index].show)
    })
    row.addEventListener('mouseenter', () => u.setSeries(index, { focus: true }))
    row.addEventListener('mouseleave', () => u.setSeries(null, { focus: true }))
  }
  new ResizeObserver(() => u.setSize({ width: element.clientWidth, height: element.clientHeight })).observe(element)
  drawn.set(element, u)
}

const seen = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting && !drawn.has(target)) draw(target)
  },
  { rootMargin: '300px' },
)

const alone = asked.has('only')

const open = () => {
  const sections = [...document.querySelectorAll('main > section')]
  const wanted = asked.get('only') ?? location.hash.slice(1)
  const here = sections.find(({ id }) => id === wanted) ?? sections[0]
  for (const section of sections) section.hidden = section !== here
  for (const link of document.querySelectorAll('nav a')) link.classList.toggle('here', link.hash === `#${here.id}`)
  for (const element of here.querySelectorAll('.chart')) {
    if (drawn.has(element)) continue
    if (alone) draw(element)
    else seen.observe(element)
  }
  window.scrollTo(0, 0)
}

const redraw = () => {
  for (const [element, u] of drawn) {
    u.destroy()
    drawn.delete(element)
  }
  open()
}

const theme = asked.get('theme') ?? localStorage.getItem('theme')
if (theme !== null) root.dataset.theme = theme
root.classList.toggle('alone', alone)
document.querySelector('nav button').addEventListener('click', () => {
  const dark =
    root.dataset.theme === undefined
      ? matchMedia('(prefers-color-scheme: dark)').matches
      : root.dataset.theme === 'dark'
  root.dataset.theme = dark ? 'light' : 'dark'
  localStorage.setItem('theme', root.dataset.theme)
  redraw()
})
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)
window.addEventListener('hashchange', open)
open()
