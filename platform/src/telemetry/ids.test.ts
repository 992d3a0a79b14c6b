import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newSpanId, newTraceId, newUuid } from './ids.ts'

const MANY = 5_000

test('trace and span ids have the W3C form and do not repeat', () => {
  const traces = new Set(Array.from({ length: MANY }, newTraceId))
  const spans = new Set(Array.from({ length: MANY }, newSpanId))
  assert.deepEqual([traces.size, spans.size], [MANY, MANY])
  for (const id of traces) assert.match(id, /^[0-9a-f]{32}$/)
  for (const id of spans) assert.match(id, /^[0-9a-f]{16}$/)
})

test('a correlation id is a UUID version 7 with the RFC variant and does not repeat', () => {
  const ids = Array.from({ length: MANY }, newUuid)
  assert.equal(new Set(ids).size, MANY)
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(new Set(ids.map((id) => id[19])).size, 4)
})

test('UUIDs sort by the millisecond in which they were made', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 1) })
  const made = Array.from({ length: 300 }, () => {
    t.mock.timers.tick(1)
    return newUuid()
  })
  assert.deepEqual(made, made.toSorted())
  assert.equal(parseInt((made[0] as string).replace('-', '').slice(0, 12), 16), Date.UTC(2026, 0, 1) + 1)
})
