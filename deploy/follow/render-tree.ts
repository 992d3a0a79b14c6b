import { bar, duration, fit, fitRight } from './columns.ts'
import type { Canvas, Piece, Style } from './columns.ts'
import type { Span } from './story.ts'
import type { TraceNode, TraceStory } from './trace.ts'

const LONGEST_SERVICE = 13
const TIME_WIDTH = 9
const GAP = 2
const FOLD_FROM = 4

/** One row of the tree; `count` leaves of the same kind are folded into it. */
type Row = { readonly prefix: string; readonly node: TraceNode; readonly count: number; readonly end: number }

const isAlike = (a: TraceNode, b: TraceNode): boolean =>
  a.span.name === b.span.name &&
  a.span.service === b.span.service &&
  [a, b].every(({ span, children }) => children.length === 0 && span.status !== 'error')

/** Runs of alike leaves, such as the hundred reads of a loop, as one. */
const folded = (nodes: readonly TraceNode[]): { node: TraceNode; count: number; end: number }[] => {
  const runs: TraceNode[][] = []
  for (const node of nodes) {
    const run = runs.at(-1)
    if (run?.[0] && isAlike(run[0], node)) run.push(node)
    else runs.push([node])
  }
  return runs.flatMap((run) =>
    run.length < FOLD_FROM
      ? run.map((node) => ({ node, count: 1, end: node.span.end }))
      : run.slice(0, 1).map((node) => ({ node, count: run.length, end: Math.max(...run.map(({ span }) => span.end)) })),
  )
}

const rowsOf = (nodes: readonly TraceNode[], indent: string, isTop: boolean): Row[] => {
  const runs = folded(nodes)
  return runs.flatMap(({ node, count, end }, index) => {
    const isLast = index === runs.length - 1
    const prefix = isTop ? '' : `${indent}${isLast ? '└ ' : '├ '}`
    const below = isTop ? '' : `${indent}${isLast ? '  ' : '│ '}`
    return [{ prefix, node, count, end }, ...rowsOf(node.children, below, false)]
  })
}

const text = (span: Span, key: string): string | undefined => {
  const value = span.attributes[key]
  return value === undefined || value === '' ? undefined : String(value)
}

const statusPiece = (span: Span): Piece[] => {
  const status = text(span, 'http.response.status_code')
  if (status === undefined) return []
  return [[` ${status}`, Number(status) >= 500 ? 'red' : Number(status) >= 400 ? 'yellow' : 'green']]
}

/** What a reader wants to know of a span beside its name. */
const detailOf = (span: Span): string[] => {
  const peer = text(span, 'peer.service') ?? text(span, 'server.address')
  const topic = text(span, 'messaging.destination.name')
  const details = [
    span.kind === 'client' && peer !== undefined ? `→ ${peer}` : undefined,
    text(span, 'db.query.text')?.replace(/\s+/g, ' '),
    text(span, 'app.event.type'),
    topic !== undefined && !span.name.includes(topic) ? topic : undefined,
    text(span, 'cache.result'),
  ]
  return details.filter((detail) => detail !== undefined && !span.name.includes(detail)) as string[]
}

const namePieces = ({ prefix, node, count }: Row): Piece[] => {
  const { span, missingParent } = node
  const failed = span.status === 'error'
  const isEntry = span.kind === 'server' || span.kind === 'consumer'
  return [
    [prefix, 'gray'],
    [missingParent ? '⋯ ' : '', 'yellow'],
    [failed ? '✖ ' : '', 'red'],
    [span.name, failed ? 'red' : isEntry ? 'bold' : 'plain'],
    [count > 1 ? ` ×${count}` : '', 'yellow'],
    ...statusPiece(span),
    [failed && span.statusMessage !== undefined ? `  ${span.statusMessage}` : '', 'red'],
    ...detailOf(span).map((detail): Piece => [`  ${detail}`, 'dim']),
  ]
}

const KIND_STYLE: Record<Span['kind'], Style> = {
  server: 'blue',
  internal: 'plain',
  client: 'cyan',
  producer: 'magenta',
  consumer: 'magenta',
}

const widthsOf = (rows: readonly Row[], width: number) => {
  const longest = Math.max('service'.length, ...rows.map(({ node }) => node.span.service.length))
  const service = Math.min(LONGEST_SERVICE, longest)
  const rest = width - service - 2 * TIME_WIDTH - 4 * GAP
  const barWidth = Math.max(8, Math.min(40, Math.floor(rest * 0.28)))
  return { service, bar: barWidth, name: Math.max(16, rest - barWidth) }
}

/**
 * The trace as a tree with service, offset, duration and a bar on a common scale: that of the first span, because what
 * goes on after its end (messages) would else press everything else together.
 */
export const renderTree = ({ roots, startMs }: TraceStory, canvas: Canvas): string[] => {
  const lines = rowsOf(roots, '', true)
  const widths = widthsOf(lines, canvas.width)
  const gap = ' '.repeat(GAP)
  const first = roots[0]?.span
  const scale = first ? Math.max(first.end - startMs, 0.001) : 1
  const head = [
    fit(canvas, [['TRACE', 'cyan']], widths.name),
    fit(canvas, [['service', 'dim']], widths.service),
    fitRight(canvas, 'after', TIME_WIDTH, 'dim'),
    fitRight(canvas, 'took', TIME_WIDTH, 'dim'),
    fit(
      canvas,
      [[`0 ${'─'.repeat(Math.max(0, widths.bar - duration(scale).length - 3))} ${duration(scale)}`, 'dim']],
      widths.bar,
    ),
  ]
  const rows = lines.map((line) => {
    const { span } = line.node
    return [
      fit(canvas, namePieces(line), widths.name),
      fit(canvas, [[span.service]], widths.service),
      fitRight(canvas, duration(span.start - startMs), TIME_WIDTH, 'dim'),
      fitRight(canvas, duration(line.end - span.start), TIME_WIDTH),
      fit(
        canvas,
        [
          [
            bar((span.start - startMs) / scale, (line.end - startMs) / scale, widths.bar).trimEnd(),
            span.status === 'error' ? 'red' : KIND_STYLE[span.kind],
          ],
        ],
        widths.bar,
      ),
    ]
  })
  return [head, ...rows].map((cells) => cells.join(gap).trimEnd())
}
