import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { spansOfExport } from '@pharos/platform/telemetry/otlp-json'
import type { ErrorReport, Findings, Ids, LogLine, SignalSource, Span } from '../story.ts'
import { linesFromEnd } from './lines.ts'
import { errorReportsOf, logLineOf, parseJson } from './parse.ts'

const MOST_SPANS = 20_000
const MOST_LINES = 2_000
const MOST_ERRORS = 100

const FILES = {
  traces: { folder: 'telemetry', name: /^traces.*\.jsonl/ },
  errors: { folder: 'telemetry', name: /^errors.*\.jsonl/ },
  logs: { folder: 'logs', name: /\.log(\.\d+)?$/ },
} as const

type Found = { readonly path: string; readonly bytes: number; readonly modifiedMs: number }

const filesOf = async (home: string, signal: keyof typeof FILES): Promise<Found[]> => {
  const { folder, name } = FILES[signal]
  const names = await readdir(join(home, folder)).catch(() => [])
  const found = names
    .filter((file) => name.test(file))
    .map(async (file): Promise<Found[]> => {
      const path = join(home, folder, file)
      return stat(path).then(
        ({ size, mtimeMs }) => [{ path, bytes: size, modifiedMs: mtimeMs }],
        () => [],
      )
    })
  return (await Promise.all(found)).flat().toSorted((a, b) => b.modifiedMs - a.modifiedMs)
}

/** Reads files from the newest on, each from its end, until there is enough. */
const gather = async <T>(
  files: readonly Found[],
  ids: Ids,
  read: (value: unknown) => readonly T[],
  most: number,
): Promise<T[]> => {
  const needles = [...ids.traceIds, ...ids.correlationIds]
  const found: T[] = []
  for (const { path } of files) {
    try {
      for await (const line of linesFromEnd(path, needles)) {
        found.push(...read(parseJson(line)))
        if (found.length >= most) return found.slice(0, most)
      }
    } catch (error) {
      // Rotated away between the listing and the reading; another of the files has what was in it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return found
}

type Marked = { readonly traceId?: string | undefined; readonly correlationId?: string | undefined }

const carries =
  ({ traceIds, correlationIds }: Ids) =>
  ({ traceId = '', correlationId = '' }: Marked): boolean =>
    traceIds.has(traceId) || correlationIds.has(correlationId)

const once = <T>(items: readonly T[], key: (item: T) => string): T[] => [
  ...new Map(items.map((item) => [key(item), item])).values(),
]

const size = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`

/**
 * The files of a system of plain processes below `home`: `telemetry/traces*.jsonl` (an OTLP/JSON export a line),
 * `telemetry/errors*.jsonl` (a Sentry envelope a line) and `logs/*.log` (a JSON line each).
 */
export const createFileSource = (home: string): SignalSource => ({
  async places() {
    const signals = Object.keys(FILES) as (keyof typeof FILES)[]
    const places = signals.map(async (signal) => {
      const files = await filesOf(home, signal)
      const shown = files.map(({ path, bytes }) => `${basename(path)} (${size(bytes)})`)
      return `${join(home, FILES[signal].folder)}: ${shown.length === 0 ? `no ${signal}` : shown.join(', ')}`
    })
    return Promise.all(places)
  },

  async find(ids): Promise<Findings> {
    const isWanted = carries(ids)
    const correlationOf = ({ attributes }: Span): string => String(attributes['app.correlation_id'] ?? '')
    const readSpans = (value: unknown): Span[] =>
      spansOfExport(value).filter((span) => isWanted({ traceId: span.traceId, correlationId: correlationOf(span) }))
    const readLine = (value: unknown): LogLine[] => {
      const line = logLineOf(value)
      return line && isWanted(line) ? [line] : []
    }
    const readErrors = (value: unknown): ErrorReport[] => errorReportsOf(value).filter(isWanted)
    const [traces, logs, errors] = await Promise.all([
      filesOf(home, 'traces').then((files) => gather(files, ids, readSpans, MOST_SPANS)),
      filesOf(home, 'logs').then((files) => gather(files, ids, readLine, MOST_LINES)),
      filesOf(home, 'errors').then((files) => gather(files, ids, readErrors, MOST_ERRORS)),
    ])
    return {
      // The same span may lie in the spool and in the collector's file.
      spans: once(traces, ({ spanId }) => spanId),
      lines: logs.toReversed(),
      errors: once(errors, ({ eventId }) => eventId),
    }
  },
})
