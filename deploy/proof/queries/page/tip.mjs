// What is told of the moment below the pointer.
import { LANES } from './paint.mjs'
import { formatValue } from '../view/units.ts'

/* global document, window */

const tip = document.createElement('div')
tip.id = 'tip'
tip.hidden = true
document.body.append(tip)

export const clock = (at) => new Date(at * 1000).toISOString().slice(11, 19)
const escaped = (text) => text.replaceAll(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`)

const rowOf = (color, name, value) =>
  `<div><i style="background:${color}"></i><span>${escaped(name)}</span><b>${escaped(value)}</b></div>`

const SHOWN = 14

const lineRows = (u, chart, at) =>
  chart.lines
    .map((line, i) => ({ ...line, value: line.values[at], shown: u.series[i + 1].show }))
    .filter(({ value, shown }) => shown && value != null)
    .toSorted((a, b) => b.value - a.value)
    .slice(0, SHOWN)
    .map(({ color, name, value }) => rowOf(color, name, formatValue(value, chart.unit, chart.decimals)))

const cellRows = (u, chart, at) => {
  const line = Math.ceil(u.posToVal(u.cursor.top, 'y'))
  const cell = chart.lines[line]
  if (cell === undefined || line === 0) return []
  const bounds = [chart.lines[line - 1].name, cell.name].map((le) =>
    formatValue(Number(le.replace('+Inf', 'Infinity')), chart.unit),
  )
  return [rowOf('var(--hot)', `${bounds[0]} to ${bounds[1]}`, formatValue(cell.values[at], 'reqps'))]
}

const exemplarRows = (u, { exemplars, unit }) =>
  exemplars
    .filter(([at, value]) => Math.hypot(u.valToPos(at, 'x') - u.cursor.left, u.valToPos(value, 'y') - u.cursor.top) < 9)
    .slice(0, 2)
    .map(([, value, trace]) => rowOf('var(--accent)', `trace ${trace}`, formatValue(value, unit)))

export const hideTip = () => {
  tip.hidden = true
}

const NEAR_PIXELS = 3
const NAMED = 8

const markRow = (u, marks) => {
  const [from, to] = [-NEAR_PIXELS, NEAR_PIXELS].map((off) => u.posToVal(u.cursor.left + off, 'x'))
  const here = marks.filter((mark) => mark.from <= to && mark.to >= from)
  if (here.length === 0) return ''
  const named = LANES.flatMap((lane) => here.filter((mark) => mark.lane === lane))
    .slice(0, NAMED)
    // A title may say what it is itself: "users restarted".
    .map(({ kind, title, color }) => [color, title.includes(kind) ? title : `${kind} ${title}`])
    .map(([color, says]) => `<span><i style="background:${color}"></i>${escaped(says)}</span>`)
  const more = here.length > NAMED ? [`<span>${here.length - NAMED} more</span>`] : []
  return `<p>${[...named, ...more].join(' ')}</p>`
}

export const tell = (u, { chart, marks }) => {
  const at = u.cursor.idx
  if (at == null || u.cursor.left < 0) {
    hideTip()
    return
  }
  const rows = chart.kind === 'cells' ? cellRows(u, chart, at) : [...exemplarRows(u, chart), ...lineRows(u, chart, at)]
  tip.innerHTML = `<time>${clock(u.data[0][at])}</time>${rows.join('')}${markRow(u, marks)}`
  tip.hidden = false
  const box = u.over.getBoundingClientRect()
  const [x, y] = [box.left + u.cursor.left, box.top + u.cursor.top]
  const { offsetWidth: width, offsetHeight: height } = tip
  tip.style.left = `${x + width + 24 > window.innerWidth ? x - width - 14 : x + 14}px`
  tip.style.top = `${Math.max(6, Math.min(y - height / 2, window.innerHeight - height - 6))}px`
}
