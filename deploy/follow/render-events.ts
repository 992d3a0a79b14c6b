import { duration, fit, fitRight, row } from './columns.ts'
import type { Canvas, Piece, Style } from './columns.ts'
import type { ErrorReport, LogLine, Span } from './story.ts'
import type { Hop, TraceStory } from './trace.ts'

const SERVICE_WIDTH = 13
const TIME_WIDTH = 9
const LEVEL_WIDTH = 5
const LINES_SHOWN = 60
const FRAMES_SHOWN = 3

const LEVELS: Readonly<Record<string, Style>> = { error: 'red', warn: 'yellow', info: 'green', debug: 'gray' }

/** Said elsewhere on the screen, or the same in every line. */
const KNOWN_FIELDS = new Set([
  '@timestamp',
  'log.level',
  'message',
  'ecs.version',
  'service.name',
  'service.version',
  'service.environment',
  'trace.id',
  'span.id',
  'labels.correlation_id',
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'error.stack_trace',
])

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const fieldsOf = ({ fields, message }: LogLine): string =>
  Object.entries(fields)
    .filter(([key, value]) => !KNOWN_FIELDS.has(key) && value !== '' && !message.includes(shown(value)))
    .filter(([key, value]) => !(key === 'event.action' && value === 'http.request'))
    .map(([key, value]) => {
      if (key === 'event.duration') return duration(Number(value) / 1e6)
      return key === 'url.path' ? shown(value) : `${key}=${shown(value)}`
    })
    .join('  ')

const offset = (ms: number): string => `${ms < 0 ? '-' : '+'}${duration(Math.abs(ms))}`

const gap: Piece = ['  ']

const renderLine = (line: LogLine, startMs: number, canvas: Canvas): string => {
  const style = LEVELS[line.level] ?? 'plain'
  const left = `${fitRight(canvas, offset(line.timeMs - startMs), TIME_WIDTH, 'dim')}  ${fit(canvas, [[line.level.toUpperCase(), style]], LEVEL_WIDTH)}  ${fit(canvas, [[line.service]], SERVICE_WIDTH)}  `
  const room = canvas.width - TIME_WIDTH - LEVEL_WIDTH - SERVICE_WIDTH - 6
  const message: Piece = [line.message, line.level === 'error' ? 'red' : 'plain']
  return (left + fit(canvas, [message, gap, [fieldsOf(line), 'dim']], room)).trimEnd()
}

/** Every log line of every service in order of time; of very many, the first and the last. */
export const renderLines = ({ lines, startMs }: TraceStory, canvas: Canvas): string[] => {
  const half = LINES_SHOWN / 2
  const left = lines.length - LINES_SHOWN
  const texts = (some: readonly LogLine[]): string[] => some.map((line) => renderLine(line, startMs, canvas))
  if (left <= 0) return texts(lines)
  const omitted = row(canvas, [[`${' '.repeat(TIME_WIDTH)}  … ${left} more lines …`, 'yellow']])
  return [...texts(lines.slice(0, half)), omitted, ...texts(lines.slice(-half))]
}

const topicOf = (span: Span): string =>
  String(span.attributes['messaging.destination.name'] ?? span.name.replace(/^(send|publish|process|receive) /, ''))

const typeOf = (span: Span | undefined): string | undefined => {
  const type = span?.attributes['app.event.type']
  return type === undefined ? undefined : String(type)
}

const renderHop = ({ producer, consumer, ageMs }: Hop, startMs: number, canvas: Canvas): string => {
  const first = producer ?? consumer
  if (!first) return ''
  const type = typeOf(consumer) ?? typeOf(producer)
  const fate: Piece[] = consumer
    ? [
        [ageMs === undefined ? '' : `  ${duration(ageMs)} on its way,`, 'dim'],
        [` handled in ${duration(consumer.end - consumer.start)}`, 'dim'],
        [consumer.status === 'error' ? `  ✖ ${consumer.statusMessage ?? 'failed'}` : '', 'red'],
      ]
    : [
        [producer?.status === 'error' ? `  ✖ ${producer.statusMessage ?? 'not sent'}` : '', 'red'],
        ['  no consumer has handled it', 'yellow'],
      ]
  return row(canvas, [
    [offset(first.start - startMs).padStart(TIME_WIDTH), 'dim'],
    gap,
    [producer?.service ?? '(sending not seen)', 'bold'],
    [' ─▶ ', 'magenta'],
    [consumer?.service ?? '?', 'bold'],
    gap,
    [type ?? '', 'magenta'],
    [type === undefined ? '' : '  '],
    [topicOf(first)],
    ...fate,
  ])
}

/** Each message from its producer to its consumer, with the time between. */
export const renderHops = ({ hops, startMs }: TraceStory, canvas: Canvas): string[] =>
  hops.map((hop) => renderHop(hop, startMs, canvas))

const renderError = (error: ErrorReport, startMs: number, canvas: Canvas): string[] => {
  const facts = [error.service, error.route, offset(error.timeMs - startMs), error.release, error.environment]
  const [outermost, ...causes] = error.exceptions
  const indent: Piece = [' '.repeat(TIME_WIDTH + 2)]
  // The innermost cause is where it began, so the deepest frames of our own are the ones to read.
  const frames = error.exceptions.findLast((exception) => exception.frames.length > 0)?.frames ?? []
  return [
    row(canvas, [
      ['✖'.padStart(TIME_WIDTH), 'red'],
      gap,
      [`${outermost?.type ?? 'Error'}: ${outermost?.value ?? ''}`, 'red'],
      gap,
      [facts.filter((fact) => fact !== undefined && fact !== '').join(' · '), 'dim'],
    ]),
    ...causes.map(({ type, value }) => row(canvas, [indent, ['caused by ', 'dim'], [`${type}: ${value}`, 'red']])),
    ...frames.slice(0, FRAMES_SHOWN).map((frame) => row(canvas, [indent, [`at ${frame}`, 'dim']])),
  ]
}

/** Each error event with its causes and where it was thrown. */
export const renderErrors = ({ errors, startMs }: TraceStory, canvas: Canvas): string[] =>
  errors.flatMap((error) => renderError(error, startMs, canvas))
