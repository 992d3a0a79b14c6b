import type { AnnotationAnswer } from '../../../ops/queries/ask.ts'
import type { LogLine } from '../../../ops/queries/answers.ts'
import type { Range } from '../../../ops/queries/back-ends.ts'
import { cssColor } from './fields.ts'
import { seriesName } from './names.ts'
import { stretchesOf } from './timeline.ts'

/** Something that happened, and until when; drawn over every graph of its dashboard. Seconds since 1970. */
export type Mark = { kind: string; title: string; from: number; to: number; color: string }

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
      return { kind: 'Fault', title: name, from: line.atMs / 1000, to, color: 'var(--purple)' }
    })
}

const seriesMarks = ({ annotation, answer }: AnnotationAnswer, range: Range): Mark[] => {
  if (answer?.kind !== 'series') return []
  const color = cssColor(annotation.iconColor ?? 'blue')
  return answer.series.flatMap(({ labels, points }) => {
    const text = titled(annotation.titleFormat || annotation.name, labels)
    // An alert is told with whom it is about.
    const title =
      labels['service'] === undefined || text.includes(labels['service']) ? text : `${text} (${labels['service']})`
    return stretchesOf(points, range.stepSeconds).map(({ from, to }) => ({
      kind: annotation.name,
      title,
      from,
      to: Math.min(to, range.to),
      color,
    }))
  })
}

/** What the annotations of a dashboard tell, in the order of time. */
export const marksOf = (annotations: readonly AnnotationAnswer[], faults: readonly LogLine[], range: Range): Mark[] =>
  [...annotations.flatMap((annotation) => seriesMarks(annotation, range)), ...faultMarks(faults, range)].toSorted(
    (a, b) => a.from - b.from,
  )
