import { readFile } from 'node:fs/promises'

/** One JSON line of a process, flat, with dotted ECS keys. */
export type LogLine = Readonly<Record<string, unknown>>

const parsed = (line: string): LogLine | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as LogLine) : undefined
  } catch {
    return undefined
  }
}

/** Every JSON line of a process's log file in order; other lines and a torn last one are left out. */
const readLogLines = async (file: string): Promise<LogLine[]> =>
  (await readFile(file, 'utf8'))
    .split('\n')
    .map(parsed)
    .filter((line) => line !== undefined)

/** The lines of several log files that carry a correlation id, by time. */
export const logLinesOf = async (files: readonly string[], correlationId: string): Promise<LogLine[]> => {
  const lines = (await Promise.all(files.map(readLogLines))).flat()
  return lines
    .filter((line) => line['labels.correlation_id'] === correlationId)
    .toSorted((a, b) => String(a['@timestamp']).localeCompare(String(b['@timestamp'])))
}
