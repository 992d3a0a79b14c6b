import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatValue } from './units.ts'
import { colorOf, cssColor, fieldOf, textOf } from './fields.ts'
import { panelWith } from './fixtures.ts'

test('a number reads in its unit, three digits long', () => {
  const cases: [number, string | undefined, number | undefined, string][] = [
    [0.0123, 's', undefined, '12.3 ms'],
    [0.000_000_4, 's', undefined, '400 ns'],
    [0, 's', undefined, '0 s'],
    [95, 's', undefined, '1.58 min'],
    [200_000, 's', undefined, '2.31 d'],
    [1500, 'ms', undefined, '1.5 s'],
    [1536, 'bytes', undefined, '1.5 KiB'],
    [512, 'bytes', undefined, '512 B'],
    [3 * 2 ** 30, 'bytes', undefined, '3 GiB'],
    [2_500_000, 'Bps', undefined, '2.5 MB/s'],
    [0.1234, 'percentunit', 2, '12.34 %'],
    [0.5, 'percentunit', undefined, '50 %'],
    [12.345, 'reqps', undefined, '12.3 req/s'],
    [1234, 'short', undefined, '1.23 k'],
    [1234, 'short', 0, '1.23 k'],
    [7, 'short', 0, '7'],
    [0.1 + 0.2, undefined, undefined, '0.3'],
    [6.24, 'x', 1, '6.2 ×'],
    [Number.POSITIVE_INFINITY, 's', undefined, '∞'],
    [Number.NaN, 's', undefined, '–'],
    [-5.998, 'percentunit', 1, '-599.8 %'],
  ]
  for (const [value, unit, decimals, text] of cases) assert.equal(formatValue(value, unit, decimals), text)
})

test('a value just below a unit is told in the unit, not as a thousand of the one below', () => {
  assert.equal(formatValue(0.9999, 's'), '1 s')
  assert.equal(formatValue(999_999, 'short'), '1 M')
})

const steps = [
  { value: null, color: 'green' },
  { value: 0.8, color: 'yellow' },
  { value: 0.95, color: 'red' },
]

test('the colour is that of the highest threshold reached', () => {
  const field = fieldOf(panelWith({ defaults: { thresholds: { steps } } }))
  assert.deepEqual(
    [0.1, 0.8, 0.94, 0.95, 2].map((value) => colorOf(value, field)),
    ['green', 'yellow', 'yellow', 'red', 'red'],
  )
  assert.equal(colorOf(1, fieldOf(panelWith())), 'text')
  assert.equal(cssColor('dark-red'), 'var(--red)')
  assert.equal(cssColor('url(javascript:0)'), 'var(--text)')
})

test('a mapping gives the value its words and its colour', () => {
  const mappings = [
    { type: 'value', options: { '0': { text: 'down', color: 'red' }, '1': { text: 'up', color: 'green' } } },
  ]
  const field = fieldOf(panelWith({ defaults: { mappings, thresholds: { steps } } }))
  assert.deepEqual([textOf(0, field), colorOf(0, field)], ['down', 'red'])
  assert.deepEqual([textOf(2, field), colorOf(2, field)], ['2', 'red'])
})

test('what is said for one name stands over what is said for all', () => {
  const overrides = [
    {
      matcher: { id: 'byName', options: 'p99' },
      properties: [
        { id: 'unit', value: 's' },
        { id: 'thresholds', value: { steps } },
        { id: 'custom.drawStyle', value: 'points' },
      ],
    },
  ]
  const panel = panelWith({ fieldConfig: { defaults: { unit: 'short', decimals: 1 }, overrides } })
  const { unit, decimals, custom } = fieldOf(panel, 'p99')
  assert.deepEqual([unit, decimals, custom['drawStyle']], ['s', 1, 'points'])
  assert.equal(fieldOf(panel, 'p50').unit, 'short')
})
