import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COLUMNS, type Column } from './looks.ts'
import { findingsOf, tableOf, type Cell, type Matrix } from './matrix.ts'

const row = (cell: Cell, but: Partial<Record<Column, Cell>> = {}): Record<Column, Cell> =>
  ({ ...Object.fromEntries(COLUMNS.map((column) => [column, cell])), ...but }) as Record<Column, Cell>

const verdicts = (matrix: Matrix): Record<string, string> =>
  Object.fromEntries(findingsOf(matrix).map(({ verdict }, place) => [COLUMNS[place] ?? '', verdict]))

test('a signal is proven when that of every service was fresh, and not when one was late or did not come', () => {
  const matrix: Matrix = new Map([
    ['users', row({ seconds: 2 }, { metrics: { seconds: 15.5 } })],
    ['posts', row({ seconds: 3.25 }, { traces: { failed: 'not there after 25 s' } })],
  ])
  const { traces, metrics, exemplars } = verdicts(matrix)
  assert.deepEqual([traces, metrics, exemplars], ['failed', 'failed', 'proven'])
  const details = findingsOf(matrix).map(({ detail }) => detail)
  assert.deepEqual(details.slice(0, 3), [
    'posts: not there after 25 s',
    'users: came after 15.5 s',
    '2 services, the slowest after 3.3 s',
  ])
})

test('what its store could not show is not proven, unless what came of it was wrong', () => {
  const absent = { absent: 'tempo was left out: no Go' }
  const matrix: Matrix = new Map([
    ['users', row({ seconds: 1 }, { traces: absent, metrics: absent })],
    ['posts', row({ seconds: 1 }, { traces: absent, metrics: { failed: 'not there' } })],
  ])
  const { traces, metrics } = verdicts(matrix)
  assert.deepEqual([traces, metrics], ['not proven', 'failed'])
})

test('the table has a service in each row and a signal in each column', () => {
  const matrix: Matrix = new Map([
    ['users', row({ seconds: 1 }, { traces: { absent: 'no' }, metrics: { failed: 'no' } })],
  ])
  assert.deepEqual(
    tableOf(matrix).map((cells) => cells.slice(0, 4)),
    [
      ['service', 'traces', 'metrics', 'exemplars'],
      ['users', '–', '✗', '✓ 1.0 s'],
    ],
  )
})
