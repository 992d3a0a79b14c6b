import type { ErrorReport, LogLine } from '../story.ts'

type Json = Readonly<Record<string, unknown>>

const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** The value of a line of JSON; undefined for anything else, such as a last line that is still being written. */
export const parseJson = (line: string): unknown => {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}

/** A service's log line; undefined when it is not one of ours. */
export const logLineOf = (value: unknown): LogLine | undefined => {
  const fields = objectOf(value)
  const timeMs = Date.parse(String(fields['@timestamp']))
  if (Number.isNaN(timeMs)) return undefined
  return {
    timeMs,
    level: textOf(fields['log.level']) ?? 'info',
    service: textOf(fields['service.name']) ?? 'unknown',
    message: textOf(fields['message']) ?? '',
    traceId: textOf(fields['trace.id']),
    correlationId: textOf(fields['labels.correlation_id']),
    fields,
  }
}

const frameText = (value: unknown): string => {
  const frame = objectOf(value)
  const where = (textOf(frame['filename']) ?? '?').replace(/^.*\/(services|platform|node_modules)\//, '$1/')
  return `${textOf(frame['function']) ?? '<anonymous>'} (${where}:${Number(frame['lineno'] ?? 0)})`
}

/** Our own frames only: those of the runtime and of libraries say little to whoever has to mend it. */
const framesOf = (exception: Json): string[] => {
  const frames = listOf(objectOf(exception['stacktrace'])['frames']).map(objectOf)
  const ours = frames.filter((frame) => {
    const file = textOf(frame['filename']) ?? ''
    return !file.startsWith('node:') && !file.includes('node_modules/')
  })
  return ours.toReversed().map(frameText)
}

const reportOf = (event: Json): ErrorReport => {
  const tags = objectOf(event['tags'])
  const trace = objectOf(objectOf(event['contexts'])['trace'])
  const time = event['timestamp']
  const exceptions = listOf(objectOf(event['exception'])['values']).map(objectOf)
  return {
    eventId: textOf(event['event_id']) ?? '',
    timeMs: typeof time === 'number' ? time * 1_000 : Date.parse(String(time)),
    service: textOf(tags['service']) ?? 'unknown',
    route: textOf(tags['route']),
    traceId: textOf(trace['trace_id']),
    correlationId: textOf(tags['correlation_id']),
    release: textOf(event['release']),
    environment: textOf(event['environment']),
    exceptions: exceptions.toReversed().map((exception) => ({
      type: textOf(exception['type']) ?? 'Error',
      value: textOf(exception['value']) ?? '',
      frames: framesOf(exception),
    })),
  }
}

type Item = { readonly type: string | undefined; readonly payload: unknown }

/** An envelope that was kept as text: a header line, then pairs of an item's header line and its payload line. */
const itemsOfText = (text: string): Item[] => {
  const lines = text
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
  return lines.flatMap((line, index) =>
    index % 2 === 0
      ? [{ type: textOf(objectOf(parseJson(line))['type']), payload: parseJson(lines[index + 1] ?? '') }]
      : [],
  )
}

/** The error events in one received envelope, parsed into `items` or kept as the text `envelope`. */
export const errorReportsOf = (value: unknown): ErrorReport[] => {
  const received = objectOf(value)
  const text = textOf(received['envelope'])
  const items: Item[] =
    text === undefined
      ? listOf(received['items']).map((item) => {
          const { header, payload } = objectOf(item)
          return { type: textOf(objectOf(header)['type']), payload }
        })
      : itemsOfText(text)
  return items.filter(({ type }) => type === 'event').map(({ payload }) => reportOf(objectOf(payload)))
}
