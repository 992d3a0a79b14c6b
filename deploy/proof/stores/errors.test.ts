import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { bugsinkErrors, spoolErrors } from './errors.ts'

const event = (id: string, correlationId: string) => ({
  event_id: id,
  timestamp: 1,
  tags: { service: 'users', correlation_id: correlationId },
  contexts: { trace: { trace_id: `trace of ${correlationId}` } },
})
const received = (id: string, correlationId: string): string =>
  `${JSON.stringify({ items: [{ header: { type: 'event' }, payload: event(id, correlationId) }] })}\n`

let home = ''
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'pharos-proof-'))
  await Promise.all(['telemetry', 'data/bugsink'].map((folder) => mkdir(join(home, folder), { recursive: true })))
  await writeFile(join(home, 'telemetry/errors.jsonl.1'), received('1', 'mark-1'))
  await writeFile(join(home, 'telemetry/errors.jsonl'), received('2', 'mark-2') + received('3', 'another-of-mark-3'))
  using database = new DatabaseSync(join(home, 'data/bugsink/db.sqlite3'))
  database.exec('CREATE TABLE events_event (data text, ingested_at datetime)')
  const insert = database.prepare('INSERT INTO events_event VALUES (?, ?)')
  insert.run(JSON.stringify(event('1', 'mark-1')), '2026-11-29 08:00:00.123456')
  insert.run(JSON.stringify(event('2', 'mark-2')), '2026-11-29 09:00:00.123456')
  insert.run(JSON.stringify(event('3', 'another-of-mark-3')), '2026-11-29 09:00:00.123456')
})
after(() => rm(home, { recursive: true }))

test('the events of a run are found in the files of the spool, also in the one before', async () => {
  const events = await spoolErrors(home, 'mark-')
  const byNumber = events.toSorted((a, b) => a.eventId.localeCompare(b.eventId))
  assert.deepEqual(
    byNumber.map(({ eventId, service, traceId }) => [eventId, service, traceId]),
    [
      ['1', 'users', 'trace of mark-1'],
      ['2', 'users', 'trace of mark-2'],
    ],
  )
})

test('in Bugsink they are found from a time on; where it never ran there are none', () => {
  const since = (hour: number): string[] =>
    bugsinkErrors(home, 'mark-', Date.UTC(2026, 10, 29, hour)).map(({ eventId }) => eventId)
  assert.deepEqual(since(8), ['1', '2'])
  assert.deepEqual(since(9), ['2'])
  assert.deepEqual(bugsinkErrors(join(home, 'nowhere'), 'mark-', 0), [])
})
