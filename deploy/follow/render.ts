import type { Collected } from './collect.ts'
import { duration, row, spread } from './columns.ts'
import type { Canvas, Piece, Style } from './columns.ts'
import { renderErrors, renderHops, renderLines } from './render-events.ts'
import { renderTree } from './render-tree.ts'
import { isComplete, selfTimeMs } from './trace.ts'
import type { TraceNode, TraceStory } from './trace.ts'

const clock = (ms: number): string => new Date(ms).toISOString().replace('T', ' ')

const nodesOf = (nodes: readonly TraceNode[]): TraceNode[] => nodes.flatMap((node) => [node, ...nodesOf(node.children)])

const statusOf = ({ roots, lines, errors }: TraceStory): [text: string, style: Style] => {
  const root = roots[0]?.span
  const status = root?.attributes['http.response.status_code'] ?? lines.at(-1)?.fields['http.response.status_code']
  const failed = root?.status === 'error' || errors.length > 0 || Number(status) >= 500
  if (status !== undefined) return [`${Number(status)}`, failed ? 'red' : Number(status) >= 400 ? 'yellow' : 'green']
  return failed ? ['failed', 'red'] : ['ok', 'green']
}

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

/** Where the time went: the span that took the most of it by itself. Nobody waits for messages. */
const culprit = (story: TraceStory): string | undefined => {
  const all = nodesOf(story.roots.slice(0, 1)).filter(
    ({ span: { kind } }) => kind !== 'producer' && kind !== 'consumer',
  )
  const longest = all.toSorted((a, b) => selfTimeMs(b) - selfTimeMs(a))[0]
  if (!longest || all.length < 2) return undefined
  return `longest by itself: ${longest.span.name} in ${longest.span.service}, ${duration(selfTimeMs(longest))}`
}

const summary = (story: TraceStory): string => {
  const spans = nodesOf(story.roots).map(({ span }) => span)
  const services = new Set([...spans, ...story.lines].toSorted(byTime).map(({ service }) => service))
  const facts = [
    [...services].join(', '),
    counted(story.spanCount, 'span'),
    counted(story.lines.length, 'log line'),
    ...(story.hops.length > 0 ? [counted(story.hops.length, 'message')] : []),
    ...(story.errors.length > 0 ? [counted(story.errors.length, 'error event')] : []),
  ]
  return [facts.join(' · '), culprit(story)].filter((part) => part !== undefined).join(' · ')
}

const timeOf = (item: { readonly start: number } | { readonly timeMs: number }): number =>
  'start' in item ? item.start : item.timeMs
const byTime = (
  a: { readonly start: number } | { readonly timeMs: number },
  b: { readonly start: number } | { readonly timeMs: number },
): number => timeOf(a) - timeOf(b)

const renderHead = (story: TraceStory, canvas: Canvas): string[] => {
  const root = story.roots[0]?.span
  const name = root?.name ?? story.lines.at(-1)?.message ?? story.errors[0]?.route ?? 'unknown'
  const path = root?.attributes['url.path']
  const [status, style] = statusOf(story)
  const subtitle: Piece[] = typeof path === 'string' && !name.endsWith(path) ? [[`  ${path}`, 'dim']] : []
  const user = nodesOf(story.roots).find(({ span }) => span.attributes['user.id'] !== undefined)?.span.attributes[
    'user.id'
  ]
  const ids = [
    `trace ${story.traceId}`,
    ...story.correlationIds.map((id) => `correlation ${id}`),
    ...(user === undefined ? [] : [`user ${String(user)}`]),
  ]
  const took: Piece[] = root ? [[duration(root.end - root.start), 'bold']] : []
  return [
    row(canvas, [['━'.repeat(canvas.width), style]]),
    spread(
      canvas,
      [[name, 'bold'], ['  '], [status, style], ...subtitle],
      [...took, [`  ${clock(story.startMs)}`, 'dim']],
    ),
    row(canvas, [[ids.join(' · '), 'dim']]),
    row(canvas, [[summary(story), 'dim']]),
  ]
}

const remark = (story: TraceStory): string | undefined => {
  if (story.spanCount === 0)
    return 'No span of this trace is stored: it was not sampled, or traces are off. Log lines are all there is.'
  if (!isComplete(story)) return 'Incomplete: parents marked with ⋯ are missing (lost, dropped, or not exported yet).'
  return undefined
}

const section = (canvas: Canvas, title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', row(canvas, [[title, 'cyan']]), ...lines]

/** The story of one trace: head, tree, messages, log lines, errors. Empty parts are left out. */
const renderTrace = (story: TraceStory, canvas: Canvas): string[] => {
  const note = remark(story)
  return [
    ...renderHead(story, canvas),
    ...(note === undefined ? [] : ['', row(canvas, [[note, 'yellow']])]),
    ...(story.spanCount === 0 ? [] : ['', ...renderTree(story, canvas)]),
    ...section(canvas, 'MESSAGES', renderHops(story, canvas)),
    ...section(canvas, 'LOG', renderLines(story, canvas)),
    ...section(canvas, 'ERRORS', renderErrors(story, canvas)),
  ]
}

/** Every trace of an id, the oldest first, as text. */
export const renderStory = ({ traces, more }: Collected, canvas: Canvas): string => {
  const intro =
    traces.length + more > 1
      ? [
          row(canvas, [
            [`${traces.length + more} traces carry this id (retries, or an id used again)`, 'yellow'],
            [more > 0 ? `; the newest ${traces.length} are shown.` : '.', 'yellow'],
          ]),
        ]
      : []
  const blocks = traces.map((story) => renderTrace(story, canvas).join('\n'))
  return `${[...intro, ...blocks].join('\n\n')}\n`
}
