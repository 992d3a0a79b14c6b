import type { AnnotationAnswer } from '../../../ops/queries/ask.ts'
import type { LogLine } from '../../../ops/queries/answers.ts'
import type { Range } from '../../../ops/queries/back-ends.ts'
import { cssColor } from './fields.ts'
import { escapeHtml } from './html.ts'
import { seriesName } from './names.ts'
import { stretchesOf } from './timeline.ts'

/** Where a mark lies above a graph: each lane tells of one sort of thing. */
export type Lane = 'fault' | 'alert' | 'change'

/** The lanes from top to bottom, what is wrong before what was meant. */
export const LANES: readonly Lane[] = ['fault', 'alert', 'change']

/** Something that happened, and until when; drawn at every graph of its dashboard. Seconds since 1970. */
export type Mark = { lane: Lane; kind: string; title: string; from: number; to: number; color: string }

const KINDS: Readonly<Record<string, Pick<Mark, 'lane' | 'kind'>>> = {
  'Firing alerts': { lane: 'alert', kind: 'alert' },
  Deploys: { lane: 'change', kind: 'deploy' },
  Restarts: { lane: 'change', kind: 'restart' },
}

const titled = (format: string, fields: Readonly<Record<string, string>>): string =>
  seriesName({ labels: fields, points: [] }, { refId: '', legendFormat: format }, '')

const faultOf = ({ fields, message }: LogLine): string =>
  fields['fault_name'] ?? fields['fault.name'] ?? /[a-z]+(-[a-z]+)+/.exec(message)?.[0] ?? message

const actionOf = ({ fields, message }: LogLine): string =>
  fields['event_action'] ?? fields['event.action'] ?? (/repair/i.test(message) ? 'fault.repaired' : 'fault.injected')

/** Faults from the lines that tell of their beginning and their repair; one that was not repaired lasts to the end. */
export const faultMarks = (lines: readonly LogLine[], range: Range): Mark[] => {
  const inOrder = lines.toSorted((a, b) => a.atMs - b.atMs)
  return inOrder
    .filter((line) => actionOf(line) === 'fault.injected')
    .map((line) => {
      const name = faultOf(line)
      const end = inOrder.find(
        (other) => other.atMs >= line.atMs && actionOf(other) === 'fault.repaired' && faultOf(other) === name,
      )
      const to = end === undefined ? range.to : end.atMs / 1000
      return { lane: 'fault', kind: 'fault', title: name, from: line.atMs / 1000, to, color: 'var(--purple)' }
    })
}

const seriesMarks = ({ annotation, answer }: AnnotationAnswer, range: Range): Mark[] => {
  if (answer?.kind !== 'series') return []
  const color = cssColor(annotation.iconColor ?? 'blue')
  const of = KINDS[annotation.name] ?? { lane: 'change' as const, kind: annotation.name }
  return answer.series.flatMap(({ labels, points }) => {
    const text = titled(annotation.titleFormat || annotation.name, labels)
    // An alert is told with whom it is about.
    const title =
      labels['service'] === undefined || text.includes(labels['service']) ? text : `${text} (${labels['service']})`
    return stretchesOf(points, range.stepSeconds).map(({ from, to }) => ({
      ...of,
      title,
      from,
      to: Math.min(to, range.to),
      color,
    }))
  })
}

// An alert of two severities, or of several instances, is one thing to whoever looks at a graph.
const joined = (marks: readonly Mark[]): Mark[] => {
  const all: Mark[] = []
  const latest = new Map<string, Mark>()
  for (const mark of marks.toSorted((a, b) => a.from - b.from)) {
    const key = `${mark.kind} ${mark.title}`
    const before = latest.get(key)
    if (before !== undefined && mark.from <= before.to) {
      before.to = Math.max(before.to, mark.to)
      continue
    }
    const own = { ...mark }
    latest.set(key, own)
    all.push(own)
  }
  return all
}

/** What the annotations of a dashboard tell, in the order of time; what overlaps under one title is one mark. */
export const marksOf = (annotations: readonly AnnotationAnswer[], faults: readonly LogLine[], range: Range): Mark[] =>
  joined([...annotations.flatMap((annotation) => seriesMarks(annotation, range)), ...faultMarks(faults, range)])

const CHIPS = 8

const NAMES: Readonly<Record<Lane, string>> = { fault: 'Faults', alert: 'Alerts', change: 'Deploys and restarts' }

const clockOf = (at: number): string => new Date(at * 1000).toISOString().slice(11, 19)

const chipOf = ({ kind, title, from, to, color }: Mark): string => {
  const says = `${kind}, ${clockOf(from)} to ${clockOf(to)}`
  return `<li style="--is:${color}" title="${escapeHtml(says)}"><time>${clockOf(from)}</time> ${escapeHtml(title)}</li>`
}

/** The first few marks of a dashboard, faults before alerts before changes, and all of them on demand. */
export const marksHtml = (marks: readonly Mark[]): string => {
  if (marks.length === 0) return ''
  const lanes = LANES.map((lane) => ({ lane, of: marks.filter((mark) => mark.lane === lane) }))
  const first = lanes.flatMap(({ of }) => of).slice(0, CHIPS)
  const chips = `<ul>${first.map(chipOf).join('')}</ul>`
  if (marks.length <= CHIPS) return `<div class="marks">${chips}</div>`
  const all = lanes
    .filter(({ of }) => of.length > 0)
    .map(({ lane, of }) => `<h4>${NAMES[lane]} <small>${of.length}</small></h4><ul>${of.map(chipOf).join('')}</ul>`)
  const more = `<details><summary>and ${marks.length - CHIPS} more</summary><div>${all.join('')}</div></details>`
  return `<div class="marks">${chips}${more}</div>`
}
