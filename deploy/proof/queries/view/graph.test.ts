import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answeredWith, panelWith, seriesAnswer } from './fixtures.ts'
import { alignSeries, cellsOf, chartOf, legendOf, namedSeries } from './graph.ts'
import { colorsFor, seriesName } from './names.ts'

const range = { from: 0, to: 45, stepSeconds: 15 }

test('a series is called by its legend, else by its labels, else by its panel', () => {
  const series = { labels: { service: 'users', 'log.level': 'warn' }, points: [] }
  const called = (legendFormat: string): string => seriesName(series, { refId: 'A', legendFormat }, 'Requests')
  assert.equal(called('{{service}} ← {{ topic }}'), 'users ←')
  assert.equal(called('all'), 'all')
  assert.equal(called(''), 'service=users log.level=warn')
  assert.equal(seriesName(series, { refId: 'A', alias: '{{term log.level}}' }, ''), 'warn')
  assert.equal(seriesName({ labels: {}, points: [] }, { refId: 'A' }, 'Requests'), 'Requests')
})

test('a service has one colour everywhere, and no two of a graph are alike while there are others', () => {
  assert.equal(colorsFor(['users'])[0], colorsFor(['auth', 'users'])[1])
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'users', 'users ready']
  assert.equal(new Set(colorsFor(names)).size, names.length)
})

test('stores meet in the same steps, and a line has a gap where it has no point', () => {
  const { times, rows } = alignSeries(
    [
      {
        labels: {},
        points: [
          [0, 1],
          [30, 3],
        ],
      },
      {
        labels: {},
        points: [
          [14, 5],
          [46, Number.POSITIVE_INFINITY],
        ],
      },
    ],
    range,
  )
  assert.deepEqual(times, [0, 15, 30, 45])
  assert.deepEqual(rows, [
    [1, null, 3, null],
    [null, 5, null, null],
  ])
})

test('a chart takes unit, limits and stacking from its panel, and leaves out what has no point', () => {
  const panel = panelWith({
    defaults: {
      unit: 's',
      min: 0,
      thresholds: {
        steps: [
          { value: null, color: 'green' },
          { value: 0.5, color: 'red' },
        ],
      },
      custom: { thresholdsStyle: { mode: 'dashed' }, stacking: { mode: 'normal' }, fillOpacity: 40 },
    },
  })
  const answered = answeredWith(panel, [
    { ...seriesAnswer([{ service: 'users' }, [[0, 1]]], [{ service: 'auth' }, []]), legend: '{{service}}' },
  ])
  const chart = chartOf(answered, range)
  assert.deepEqual(
    chart.lines.map(({ name, values }) => [name, values]),
    [['users', [1, null, null, null]]],
  )
  assert.deepEqual([chart.unit, chart.min, chart.stacked, chart.fill], ['s', 0, true, 0.4])
  assert.deepEqual(chart.limits, [{ value: 0.5, color: 'var(--red)' }])
})

test('the legend tells what the dashboard wants to know of a line, in the unit of its own', () => {
  const panel = panelWith({
    defaults: { unit: 's' },
    options: { legend: { showLegend: true, calcs: ['mean', 'max', 'lastNotNull'] } },
  })
  const answered = answeredWith(panel, [
    {
      ...seriesAnswer([
        {},
        [
          [0, 0.1],
          [15, 0.3],
          [30, 0.2],
        ],
      ]),
      legend: '<p95>',
    },
  ])
  const html = legendOf(answered, chartOf(answered, range))
  assert.match(html, /<td>200 ms<\/td><td>300 ms<\/td><td>200 ms<\/td>/)
  assert.match(html, /&lt;p95&gt;/)
})

test('a bucket of a heat map holds its own, without those below it', () => {
  const answered = answeredWith(panelWith({ type: 'heatmap' }), [
    seriesAnswer([{ le: '+Inf' }, [[0, 9]]], [{ le: '0.1' }, [[0, 4]]], [{ le: '0.5' }, [[0, 7]]]),
  ])
  const { lines } = cellsOf(answered, range)
  assert.deepEqual(
    lines.map(({ name, values }) => [name, values[0]]),
    [
      ['0.1', 4],
      ['0.5', 3],
      ['+Inf', 2],
    ],
  )
})

test('an answer of another kind is no series', () => {
  assert.deepEqual(namedSeries(answeredWith(panelWith(), [{ kind: 'lines', lines: [] }])), [])
})
