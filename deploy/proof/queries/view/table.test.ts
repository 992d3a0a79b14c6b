import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answeredWith, panelWith, seriesAnswer } from './fixtures.ts'
import { mergeRows, tableHtml, tableOf } from './table.ts'

test('rows whose labels agree are one row; one with a label more joins them', () => {
  const merged = mergeRows([
    [
      { service: 'users', 'Value #A': 1 },
      { service: 'auth', 'Value #A': 2 },
    ],
    [{ service: 'users', version: '0.1.0', 'Value #B': 3 }],
    [{ service: 'posts', 'Value #C': 4 }],
  ])
  assert.deepEqual(merged, [
    { service: 'users', 'Value #A': 1, version: '0.1.0', 'Value #B': 3 },
    { service: 'auth', 'Value #A': 2 },
    { service: 'posts', 'Value #C': 4 },
  ])
})

const organize = {
  id: 'organize',
  options: {
    excludeByName: { Time: true, 'Value #C': true },
    indexByName: { service: 0, 'Value #B': 1, 'Value #A': 2 },
    renameByName: { service: 'Service', 'Value #A': 'Requests', 'Value #B': 'Errors' },
  },
}
const table = panelWith({
  type: 'table',
  transformations: [{ id: 'merge', options: {} }, organize],
  options: { sortBy: [{ displayName: 'Errors', desc: true }] },
  fieldConfig: {
    defaults: {},
    overrides: [{ matcher: { id: 'byName', options: 'Errors' }, properties: [{ id: 'unit', value: 'percentunit' }] }],
  },
})

test('columns are chosen, named and in order as the dashboard says, and rows sorted', () => {
  const answered = answeredWith(table, [
    seriesAnswer([{ service: 'users' }, [[0, 5]]], [{ service: 'auth' }, [[0, 6]]]),
    seriesAnswer([{ service: 'auth' }, [[0, 0.5]]], [{ service: 'users' }, [[0, 0.1]]]),
    seriesAnswer([{ service: 'auth' }, [[0, 1]]]),
  ])
  assert.deepEqual(tableOf(answered), {
    columns: ['Service', 'Errors', 'Requests'],
    rows: [
      { Service: 'auth', Errors: 0.5, Requests: 6 },
      { Service: 'users', Errors: 0.1, Requests: 5 },
    ],
  })
  assert.match(tableHtml(answered), /50 %/)
})

test('traces stand with their time, and text cannot break out of its cell', () => {
  const html = tableHtml(
    answeredWith(panelWith({ type: 'table' }), [
      { kind: 'traces', traces: [{ id: 'ab', service: '<b>', name: 'GET /', startMs: 0, durationMs: 12 }] },
    ]),
  )
  assert.match(html, /12 ms/)
  assert.match(html, /&lt;b&gt;/)
  assert.ok(!html.includes('<b>'))
})
