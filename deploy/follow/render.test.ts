import assert from 'node:assert/strict'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { collect, collectSettled } from './collect.ts'
import { renderStory } from './render.ts'
import { createFileSource } from './sources/files.ts'
import type { SignalSource, Span } from './story.ts'

const FAULT_TRACE = '59e3a69f6a6267d171ddcbc7ebcc1e4c'

let home = ''
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'pharos-follow-'))
  await Promise.all(['telemetry', 'logs'].map((folder) => mkdir(join(home, folder))))
  const copy = (name: string, to: string): Promise<void> =>
    copyFile(fileURLToPath(new URL(`fixtures/${name}.jsonl`, import.meta.url)), join(home, to))
  await copy('traces', 'telemetry/traces.jsonl')
  await copy('errors', 'telemetry/errors.jsonl')
  await copy('log-users', 'logs/users.log')
  await copy('log-gateway', 'logs/gateway.log')
})
after(() => rm(home, { recursive: true }))

const story = async (id: string, width = 160, colour = false): Promise<string> =>
  renderStory(await collect([createFileSource(home)], id), { width, colour })

test('a write is told from the gateway to the consumer of its event', async () => {
  const text = await story('try-update')
  const names = text
    .split('\n')
    .slice(6, 22)
    .map((line) => line.replace(/(?<=\S) {2}.*$/, ''))
  assert.deepEqual(names, [
    'PUT /api/v1/users/:id 200',
    '└ PUT /api/v1/users/:id 200',
    '  └ PUT /api/v1/users/:id 200',
    '    └ updateUser',
    '      ├ BEGIN',
    '      ├ users.update',
    '      ├ outbox.append',
    '      ├ COMMIT',
    '      ├ ✖ EVALSHA',
    '      ├ EVAL',
    '      └ send pharos.users.v1',
    '        └ process pharos.users.v1',
    '          ├ BEGIN',
    '          ├ inbox.remember',
    '          ├ UPDATE credentials',
    '          └ COMMIT',
  ])
  assert.match(text, /PUT \/api\/v1\/users\/:id {2}200 .*252 ms {2}2026-11-21 12:28:36\.649Z/)
  assert.match(text, /trace 5792e112f1409a845e8c4d2d8293e9e0 · correlation try-update · user 1/)
  assert.match(text, /gateway, users, auth · 16 spans · 2 log lines · 1 message/)
  assert.match(text, / └ process pharos\.users\.v1 {2}user\.updated +auth/)
  assert.match(text, /users ─▶ auth {2}user\.updated {2}pharos\.users\.v1 {2}1\.68 ms on its way, handled in 25\.4 ms/)
  assert.match(text, /\+231 ms {2}INFO {3}users +PUT \/api\/v1\/users\/:id 200/)
})

test('a fault is told with its error event, the cause, and where it was thrown', async () => {
  const text = await story(FAULT_TRACE)
  assert.match(text, /✖ readUser {2}service unavailable +users/)
  assert.match(text, /ERROR {2}users +GET \/api\/v1\/users\/:id 503/)
  assert.match(
    text,
    /✖ {2}AppError: service unavailable {2}users · \/api\/v1\/users\/:id · \+37\.6 ms · pharos@0\.1\.0 · local/,
  )
  assert.match(
    text,
    /caused by SequelizeConnectionError: database "pharos_users" is not currently accepting connections/,
  )
  assert.match(text, /at unavailable \(platform\/src\/errors\.ts:\d+\)/)
})

test('no line is wider than the terminal, and colour adds nothing that can be read', async () => {
  for (const width of [80, 100, 137, 220]) {
    for (const id of ['try-update', 'try-fault']) {
      const text = await story(id, width)
      assert.ok(Math.max(...text.split('\n').map((line) => Array.from(line).length)) <= width, `${id} at ${width}`)
      assert.equal(stripVTControlCharacters(await story(id, width, true)), text)
    }
  }
})

const span = (more: Partial<Span>): Span => ({
  traceId: 'a'.repeat(32),
  spanId: '1',
  parentSpanId: undefined,
  name: 'GET /',
  kind: 'server',
  service: 'gateway',
  attributes: { 'app.correlation_id': 'mine' },
  status: 'unset',
  statusMessage: undefined,
  start: 1_000,
  end: 1_100,
  links: [],
  ...more,
})

const sourceOf = (...answers: Span[][]): SignalSource => {
  let asked = -1
  return {
    places: () => Promise.resolve([]),
    find: ({ traceIds }) => {
      asked += 1
      const spans = answers[Math.min(Math.floor(asked / 2), answers.length - 1)] ?? []
      const wanted = spans.filter(
        ({ traceId, attributes }) => traceIds.has(traceId) || attributes['app.correlation_id'] === 'mine',
      )
      return Promise.resolve({ spans: wanted, lines: [], errors: [] })
    },
  }
}

test('every try of a request is shown, the oldest first; of very many the newest', async () => {
  const tries = Array.from({ length: 7 }, (_, i) =>
    span({ traceId: `${i}`.repeat(32), spanId: `${i}`, start: 1_000 + i, end: 1_100 + i }),
  )
  const collected = await collect([sourceOf(tries)], 'mine')
  assert.deepEqual(
    collected.traces.map(({ traceId }) => traceId[0]),
    ['2', '3', '4', '5', '6'],
  )
  assert.match(
    renderStory(collected, { width: 100, colour: false }),
    /^7 traces carry this id .*the newest 5 are shown/,
  )
})

test('many alike leaves are one row', async () => {
  const reads = Array.from({ length: 50 }, (_, i) =>
    span({ spanId: `r${i}`, parentSpanId: '1', name: 'GET', kind: 'client', start: 1_001 + i, end: 1_002 + i }),
  )
  const text = renderStory(await collect([sourceOf([span({}), ...reads])], 'mine'), { width: 100, colour: false })
  assert.match(text, /└ GET ×50/)
  assert.ok(text.split('\n').length < 12)
})

test('a trace that is not complete is waited for, and shown with a remark when nothing more comes', async () => {
  const now = Date.now()
  const late = span({ spanId: '2', parentSpanId: '1', start: now, end: now })
  let waits = 0
  const settled = await collectSettled([sourceOf([], [late])], 'mine', () => (waits += 1), 900)
  assert.equal(waits, 1)
  assert.equal(settled.traces[0]?.spanCount, 1)
  const orphans = await collect([sourceOf([span({}), span({ spanId: '3', parentSpanId: 'lost' })])], 'mine')
  assert.match(renderStory(orphans, { width: 100, colour: false }), /Incomplete: parents marked with ⋯[^]*⋯ GET \//)
})
