import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogLine, Span } from '../../../ops/queries/answers.ts'
import { answeredWith, panelWith, seriesAnswer } from './fixtures.ts'
import { linesOf, placesOf } from './grid.ts'
import { markdown } from './markdown.ts'
import { faultMarks, marksHtml, marksOf, type Mark } from './marks.ts'
import { layersOf } from './node-graph.ts'
import { panelHtml } from './panel.ts'
import { treeOf } from './stories.ts'
import { bars, gauges, sparkline, statTiles } from './tiles.ts'
import { stretchesOf, timelineHtml } from './timeline.ts'

const range = { from: 0, to: 60, stepSeconds: 15 }

test('a row begins at its own top, wherever it lies in the dashboard', () => {
  const row = {
    title: 'Stores',
    panels: [panelWith({ gridPos: { x: 0, y: 40, w: 8, h: 8 } }), panelWith({ gridPos: { x: 16, y: 48, w: 8, h: 6 } })],
  }
  const places = placesOf(row).map(({ column, width, line, height }) => [column, width, line, height])
  assert.deepEqual(places, [
    [1, 8, 1, 8],
    [17, 8, 9, 6],
  ])
  assert.equal(linesOf(row), 14)
  assert.equal(linesOf({ title: 'none', panels: [] }), 0)
})

test('equal neighbours are one stretch, and a missing point is a gap', () => {
  assert.deepEqual(
    stretchesOf(
      [
        [0, 1],
        [15, 1],
        [30, 0],
        [60, 0],
      ],
      15,
    ),
    [
      { from: 0, to: 30, value: 1 },
      { from: 30, to: 45, value: 0 },
      { from: 60, to: 75, value: 0 },
    ],
  )
})

test('a state has the colour of its mapping', () => {
  const mappings = [{ type: 'value', options: { '0': { text: 'down', color: 'red' } } }]
  const html = timelineHtml(answeredWith(panelWith({ defaults: { mappings } }), [seriesAnswer([{}, [[0, 0]]])]), range)
  assert.match(html, /left:0%;width:25%;background:var\(--red\)/)
  assert.match(html, /down, 00:00:00 to 00:00:15/)
})

test('a fault lasts from its injection to its repair, or to the end', () => {
  const line = (at: number, action: string, name: string): LogLine => ({
    atMs: at * 1000,
    level: 'warn',
    service: 'faults',
    message: `${name} ${action}`,
    fields: { event_action: action, fault_name: name },
  })
  const lines = [
    line(50, 'fault.injected', 'users-slow'),
    line(30, 'fault.repaired', 'redis-full'),
    line(10, 'fault.injected', 'redis-full'),
    line(40, 'fault.injected', 'redis-full'),
  ]
  assert.deepEqual(
    faultMarks(lines, range).map(({ title, from, to }) => [title, from, to]),
    [
      ['redis-full', 10, 30],
      ['redis-full', 40, 60],
      ['users-slow', 50, 60],
    ],
  )
})

const annotated = (name: string, answer: ReturnType<typeof seriesAnswer>, titleFormat: string) => {
  const datasource = { type: 'prometheus', uid: 'prometheus' }
  return { annotation: { name, datasource, titleFormat }, query: '', answer, faults: [] }
}

test('a mark knows its lane, and one alert of two severities is one mark', () => {
  const firing = seriesAnswer(
    [{ alertname: 'Burn', service: 'posts', severity: 'page' }, [[15, 1]]],
    [
      { alertname: 'Burn', service: 'posts', severity: 'ticket' },
      [
        [15, 1],
        [30, 1],
      ],
    ],
    [{ alertname: 'Burn', service: 'users', severity: 'page' }, [[0, 1]]],
  )
  const restarts = seriesAnswer([{ service: 'auth' }, [[45, 1]]])
  const marks = marksOf(
    [annotated('Restarts', restarts, '{{service}} restarted'), annotated('Firing alerts', firing, '{{alertname}}')],
    [],
    range,
  )
  assert.deepEqual(
    marks.map(({ lane, kind, title, from, to }) => [lane, kind, title, from, to]),
    [
      ['alert', 'alert', 'Burn (users)', 0, 15],
      ['alert', 'alert', 'Burn (posts)', 15, 45],
      ['change', 'restart', 'auth restarted', 45, 60],
    ],
  )
})

test('a dashboard names eight marks, faults first and deploys last, and all of them on demand', () => {
  const mark = (lane: Mark['lane'], title: string): Mark => ({
    lane,
    kind: lane,
    title,
    from: 0,
    to: 60,
    color: 'var(--red)',
  })
  const many = (lane: Mark['lane'], count: number): Mark[] =>
    Array.from({ length: count }, (_, i) => mark(lane, `${lane}-${i}`))
  const titles = (html: string): string[] => [...html.matchAll(/<\/time> ([\w-]+)</g)].map(([, title]) => title ?? '')
  const html = marksHtml([...many('change', 4), ...many('alert', 4), ...many('fault', 3)])
  const [first = '', rest = ''] = html.split('<details>')
  assert.equal(titles(first).join(' '), 'fault-0 fault-1 fault-2 alert-0 alert-1 alert-2 alert-3 change-0')
  assert.match(rest, /<summary>and 3 more</)
  assert.equal(titles(rest).length, 11)
  assert.ok(!marksHtml(many('fault', 8)).includes('<details>'))
  assert.equal(marksHtml([]), '')
  assert.match(marksHtml([mark('fault', '<b>')]), /&lt;b&gt;/)
})

test('spans stand below their parents, and one whose parent is lost is a root', () => {
  const span = (id: string, parent: string, startMs: number): Span => ({
    id,
    parent,
    service: 's',
    name: id,
    startMs,
    durationMs: 1,
    failed: false,
  })
  const tree = treeOf([span('c', 'a', 3), span('a', '', 1), span('b', 'a', 2), span('d', 'gone', 4)])
  assert.deepEqual(
    tree.map((one) => `${one.span.id}${one.depth}`),
    ['a0', 'b1', 'c1', 'd0'],
  )
})

test('callers stand before those they call, stores last, and a circle ends', () => {
  const edge = (client: string, server: string) => ({ client, server })
  const layers = layersOf([
    edge('user', 'gateway'),
    edge('gateway', 'users'),
    edge('users', 'gateway'),
    edge('gateway', 'redis'),
    edge('users', 'postgresql'),
  ])
  assert.deepEqual(Object.fromEntries(layers), { user: 0, gateway: 1, users: 2, redis: 3, postgresql: 3 })
})

test('Markdown is what texts of dashboards need, and nothing of it becomes HTML of its own', () => {
  assert.equal(
    markdown('**Is it well?** See [Kafka](/d/pharos-kafka?x=1) or `a<b`.'),
    '<p><strong>Is it well?</strong> See <a href="#pharos-kafka">Kafka</a> or <code>a&lt;b</code>.</p>',
  )
  assert.ok(!markdown('[x](javascript:alert)').includes('href'))
})

test('a tile shows the last value in its colour, and its course when there is one', () => {
  const thresholds = {
    steps: [
      { value: null, color: 'green' },
      { value: 1, color: 'red' },
    ],
  }
  const panel = panelWith({ defaults: { unit: 's', thresholds }, options: { colorMode: 'background' } })
  const html = statTiles(
    answeredWith(panel, [
      seriesAnswer([
        {},
        [
          [0, 0.2],
          [15, 0.4],
          [30, 2],
        ],
      ]),
    ]),
  )
  assert.match(html, /filled" style="--is:var\(--red\)/)
  assert.match(html, /<b>2 s<\/b>/)
  assert.match(html, /class="spark"/)
  assert.equal(sparkline({ labels: {}, points: [[0, 1]] }), '')
})

test('a bar reaches as far as its value, and a gauge no further than its end', () => {
  const answered = answeredWith(panelWith(), [
    { ...seriesAnswer([{ a: 'x' }, [[0, 5]]], [{ a: 'y' }, [[0, 10]]]), legend: '{{a}}' },
  ])
  const html = bars(answered)
  assert.ok(html.indexOf('>y<') < html.indexOf('>x<'))
  assert.match(html, /width:50%/)
  assert.match(
    gauges(answeredWith(panelWith({ defaults: { min: 0, max: 1 } }), [seriesAnswer([{}, [[0, 7]]])])),
    /A40,40 0 0 1 90,50/,
  )
})

test('a panel without data says why, and one whose query failed says how', () => {
  const panel = panelWith({ defaults: { noValue: 'No 5xx' } })
  const o = { key: 'k', title: 'Errors', range, because: 'No request fails.' }
  const empty = panelHtml({ ...answeredWith(panel, [seriesAnswer()]), found: 0 }, o)
  assert.match(empty.html, /No 5xx<\/b><span>No request fails\./)
  assert.equal(empty.chart, undefined)
  assert.match(
    panelHtml({ ...answeredWith(panel, [seriesAnswer()]), faults: ['A: 400 parse error'] }, o).html,
    /The query failed.*A: 400 parse error/,
  )
})
