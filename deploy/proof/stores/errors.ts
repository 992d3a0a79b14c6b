import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { ErrorReport } from '../../follow/story.ts'
import { linesFromEnd } from '../../follow/sources/lines.ts'
import { errorReportsOf, parseJson } from '../../follow/sources/parse.ts'
import { filesIn } from './files.ts'

/** What is compared of an error event. */
export type StoredError = Pick<ErrorReport, 'eventId' | 'service' | 'traceId' | 'correlationId'>

/** The lines of the spool's files that hold `needle`. */
export const spoolTexts = async (home: string, needle: string): Promise<string[]> => {
  const found: string[] = []
  for (const file of await filesIn(home, 'telemetry', (name) => name.startsWith('errors.jsonl'))) {
    for await (const line of linesFromEnd(file, [needle])) found.push(line)
  }
  return found
}

const begins = ({ correlationId = '' }: StoredError, mark: string): boolean => correlationId.startsWith(mark)

/** The error events in the spool's files whose correlation id begins with `mark`. */
export const spoolErrors = async (home: string, mark: string): Promise<StoredError[]> =>
  (await spoolTexts(home, mark))
    .flatMap((line) => errorReportsOf(parseJson(line)))
    .filter((event) => begins(event, mark))

const databaseOf = (home: string): string => join(home, 'data/bugsink/db.sqlite3')

type Row = { data: string }

/**
 * The events that Bugsink took in since a time. They are read in its database, because its API wants a token that only
 * its own command line makes.
 */
export const bugsinkTexts = (home: string, fromMs: number): string[] => {
  const file = databaseOf(home)
  if (!existsSync(file)) return []
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 })
  try {
    // As Django writes times; one second earlier, because it is text that is compared.
    const since = new Date(fromMs - 1000).toISOString().replace('T', ' ').slice(0, 19)
    const rows = database.prepare('SELECT data FROM events_event WHERE ingested_at >= ?').all(since)
    return rows.map((row) => (row as Row).data)
  } finally {
    database.close()
  }
}

/** The error events in Bugsink whose correlation id begins with `mark`. */
export const bugsinkErrors = (home: string, mark: string, fromMs: number): StoredError[] =>
  bugsinkTexts(home, fromMs)
    .filter((text) => text.includes(mark))
    .flatMap((text) => errorReportsOf({ items: [{ header: { type: 'event' }, payload: parseJson(text) }] }))
    .filter((event) => begins(event, mark))
