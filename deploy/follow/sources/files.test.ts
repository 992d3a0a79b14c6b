import assert from 'node:assert/strict'
import { appendFile, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createFileSource } from './files.ts'

const UPDATE = { correlation: 'try-update', trace: '5792e112f1409a845e8c4d2d8293e9e0' }
const FAULT = { correlation: 'try-fault', trace: '59e3a69f6a6267d171ddcbc7ebcc1e4c' }

const recorded = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}.jsonl`, import.meta.url))

let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'pharos-follow-'))
  await Promise.all(['telemetry', 'logs'].map((folder) => mkdir(join(home, folder))))
  await copyFile(recorded('traces'), join(home, 'telemetry/traces.jsonl'))
  await copyFile(recorded('errors'), join(home, 'telemetry/errors.jsonl'))
  await copyFile(recorded('log-users'), join(home, 'logs/users.log'))
  await copyFile(recorded('log-gateway'), join(home, 'logs/gateway.log'))
})
afterEach(() => rm(home, { recursive: true }))

const find = (ids: { trace?: string; correlation?: string }) =>
  createFileSource(home).find({
    traceIds: new Set(ids.trace === undefined ? [] : [ids.trace]),
    correlationIds: new Set(ids.correlation === undefined ? [] : [ids.correlation]),
  })

test('by its trace id come all spans and lines of a request, and nothing of another', async () => {
  const { spans, lines, errors } = await find({ trace: UPDATE.trace })
  assert.equal(spans.length, 16)
  assert.deepEqual([...new Set(spans.map(({ service }) => service))].toSorted(), ['auth', 'gateway', 'users'])
  assert.ok([...spans, ...lines].every(({ traceId }) => traceId === UPDATE.trace))
  assert.equal(lines.length, 2)
  assert.deepEqual(errors, [])
})

test('a correlation id finds the lines, the first span of each process, and the error event with its causes', async () => {
  const { spans, lines, errors } = await find({ correlation: FAULT.correlation })
  assert.deepEqual(spans.map(({ service }) => service).toSorted(), ['gateway', 'users'])
  assert.equal(lines.length, 2)
  const [error, ...others] = errors
  assert.equal(others.length, 0)
  assert.equal(error?.traceId, FAULT.trace)
  assert.deepEqual([error.service, error.route, error.release], ['users', '/api/v1/users/:id', 'pharos@0.1.0'])
  assert.deepEqual(
    error.exceptions.map(({ type }) => type),
    ['AppError', 'SequelizeConnectionError'],
  )
  assert.ok(error.exceptions[0]?.frames[0]?.startsWith('unavailable (platform/src/errors.ts:'))
})

test('an envelope that was kept as text is read as well', async () => {
  const event = {
    event_id: 'e',
    timestamp: 1,
    tags: { correlation_id: 'as-text' },
    exception: { values: [{ type: 'T' }] },
  }
  const envelope = ['{}', '{"type":"session"}', '{}', '{"type":"event"}', JSON.stringify(event)].join('\n')
  await appendFile(join(home, 'telemetry/errors.jsonl'), `${JSON.stringify({ receivedAt: 'now', envelope })}\n`)
  const { errors } = await find({ correlation: 'as-text' })
  assert.deepEqual(
    errors.map(({ eventId, timeMs }) => [eventId, timeMs]),
    [['e', 1_000]],
  )
})

test('rotated files count, a span in two stores counts once, and torn or foreign lines do no harm', async () => {
  await copyFile(recorded('traces'), join(home, 'telemetry/traces-collector.jsonl'))
  await copyFile(recorded('log-users'), join(home, 'logs/users.log.1'))
  await writeFile(join(home, 'logs/users.log'), `plain text about ${UPDATE.correlation}\n{"@timestamp":"2026`)
  await appendFile(
    join(home, 'telemetry/traces.jsonl'),
    `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${UPDATE.trace}`,
  )
  const { spans, lines } = await find({ trace: UPDATE.trace, correlation: UPDATE.correlation })
  assert.equal(spans.length, 16)
  assert.equal(lines.length, 2)
})

test('an unknown id finds nothing, and the places say what there is to look in', async () => {
  assert.deepEqual(await find({ correlation: 'unknown' }), { spans: [], lines: [], errors: [] })
  const places = await createFileSource(home).places()
  assert.match(places.join('\n'), /telemetry: traces\.jsonl \(\d+ kB\)[^]*errors\.jsonl[^]*logs: .*gateway\.log/)
  await rm(join(home, 'telemetry'), { recursive: true })
  assert.match((await createFileSource(home).places()).join('\n'), /telemetry: no traces/)
})
