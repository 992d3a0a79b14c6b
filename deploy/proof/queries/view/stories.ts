import type { PanelAnswer } from '../../../ops/queries/ask.ts'
import type { LogLine, Span } from '../../../ops/queries/answers.ts'
import { coordinate, escapeHtml } from './html.ts'
import { colorsFor } from './names.ts'
import { formatValue } from './units.ts'

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace']

// What says the same in every line, or is said beside it already.
const SAID =
  /^(message|@timestamp|log\.level|level|service_?\.?name|detected_level|ecs\.?_?version|severity_.*|data_stream.*)$/

const lineHtml = ({ atMs, level, service, message, fields }: LogLine): string => {
  const at = Number.isFinite(atMs) ? new Date(atMs).toISOString().slice(11, 23) : ''
  const kind = LEVELS.includes(level) ? level : 'unknown'
  const more = Object.entries(fields)
    .filter(([name, value]) => !SAID.test(name) && value !== '')
    .map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value.slice(0, 2000))}</dd>`)
  const head = `<time>${at}</time><em>${escapeHtml(level)}</em><span class="of">${escapeHtml(service)}</span><span class="says">${escapeHtml(message)}</span>`
  return `<details class="log ${kind}"><summary>${head}</summary><dl>${more.join('')}</dl></details>`
}

/** Lines of log, the newest first; each opens to all of its fields. */
export const logsHtml = ({ targets }: PanelAnswer): string => {
  const lines = targets.flatMap(({ answer }) => (answer?.kind === 'lines' ? answer.lines : []))
  return `<div class="logs">${lines.map(lineHtml).join('')}</div>`
}

type Placed = { span: Span; depth: number }

/** The spans of a trace in the order of their tree, siblings by their start; one whose parent is not there is a root. */
export const treeOf = (spans: readonly Span[]): Placed[] => {
  const known = new Set(spans.map(({ id }) => id))
  const inOrder = spans.toSorted((a, b) => a.startMs - b.startMs)
  const below = (parent: string, depth: number): Placed[] =>
    inOrder.flatMap((span) =>
      span.parent === parent && span.id !== parent ? [{ span, depth }, ...below(span.id, depth + 1)] : [],
    )
  return inOrder.flatMap((span) => (known.has(span.parent) ? [] : [{ span, depth: 0 }, ...below(span.id, 1)]))
}

/** A trace as a waterfall: each span below its parent, in the colour of its service. */
export const traceHtml = ({ targets }: PanelAnswer): string => {
  const spans = targets.flatMap(({ answer }) => (answer?.kind === 'spans' ? answer.spans : []))
  const from = Math.min(...spans.map(({ startMs }) => startMs))
  const took = Math.max(...spans.map(({ startMs, durationMs }) => startMs + durationMs)) - from || 1
  const services = [...new Set(spans.map(({ service }) => service))]
  const colors = new Map(colorsFor(services).map((color, i) => [services[i] ?? '', color]))
  const rows = treeOf(spans).map(({ span, depth }) => {
    const { service, name, startMs, durationMs, failed } = span
    const color = failed ? 'var(--red)' : colors.get(service)
    const place = `left:${coordinate(((startMs - from) / took) * 100)}%;width:${coordinate((durationMs / took) * 100)}%`
    const label = `<span class="name" style="padding-left:${depth * 14}px"><i style="background:${colors.get(service)}"></i><b>${escapeHtml(service)}</b> ${escapeHtml(name)}</span>`
    const bar = `<div class="band"><i style="${place};background:${color}"></i></div>`
    return `${label}<span class="took">${formatValue(durationMs, 'ms')}</span>${bar}`
  })
  return `<div class="waterfall">${rows.join('')}</div>`
}
