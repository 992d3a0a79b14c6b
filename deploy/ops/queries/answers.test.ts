import assert from 'node:assert/strict'
import { test } from 'node:test'
import { amountOf, linesInHits, linesInStreams, seriesIn, seriesInBuckets } from './answers.ts'
import { tempoAnswer } from './traces.ts'

test('a division by nothing is an answer without a number, and infinity is one', () => {
  const series = seriesIn({
    data: {
      resultType: 'matrix',
      result: [
        {
          metric: { a: 'b' },
          values: [
            [10, 'NaN'],
            [20, '1.5'],
            [30, '+Inf'],
          ],
        },
      ],
    },
  })
  assert.deepEqual(series, [
    {
      labels: { a: 'b' },
      points: [
        [20, 1.5],
        [30, Number.POSITIVE_INFINITY],
      ],
    },
  ])
  assert.equal(amountOf({ kind: 'series', series }), 2)
  assert.equal(amountOf({ kind: 'series', series: [{ labels: {}, points: [] }] }), 0)
})

test('lines of Loki come newest first, with the level and the service of their stream', () => {
  const lines = linesInStreams({
    data: {
      resultType: 'streams',
      result: [
        { stream: { service_name: 'users', level: 'warn' }, values: [['1700000000123456789', 'older']] },
        { stream: { service_name: 'auth', level: 'info' }, values: [['1700000001000000000', 'newer']] },
      ],
    },
  })
  assert.deepEqual(
    lines.map(({ atMs, level, service, message }) => [atMs, level, service, message]),
    [
      [1_700_000_001_000, 'info', 'auth', 'newer'],
      [1_700_000_000_123, 'warn', 'users', 'older'],
    ],
  )
})

test('lines of Elasticsearch are read from their flat fields', () => {
  const [line] = linesInHits([
    {
      _source: {
        '@timestamp': '2026-11-29T08:00:00.000Z',
        'log.level': 'error',
        'service.name': 'posts',
        message: 'x',
        n: 1,
      },
    },
  ])
  assert.equal(line?.atMs, Date.parse('2026-11-29T08:00:00Z'))
  assert.deepEqual([line?.level, line?.service, line?.fields['n']], ['error', 'posts', '1'])
})

test('groups of Elasticsearch become labels, and a histogram over dates their points', () => {
  const groups = [
    { id: '2', type: 'terms', field: 'log.level' },
    { id: '3', type: 'date_histogram', field: '@timestamp' },
  ]
  const over = { buckets: [{ key: 5000, doc_count: 3 }] }
  const aggregations = { '2': { buckets: [{ key: 'info', doc_count: 3, '3': over }] } }
  assert.deepEqual(seriesInBuckets(aggregations, groups, { to: 9, labels: {}, count: 0 }), [
    { labels: { 'log.level': 'info' }, points: [[5, 3]] },
  ])
  assert.deepEqual(seriesInBuckets(aggregations, groups.slice(0, 1), { to: 9, labels: {}, count: 0 }), [
    { labels: { 'log.level': 'info' }, points: [[9, 3]] },
  ])
})

test('Tempo answers a search with traces and an id with the spans of one', () => {
  const found = tempoAnswer({
    traces: [{ traceID: 'abc', rootServiceName: 'gateway', startTimeUnixNano: '1700000000123000000', durationMs: 7 }],
  })
  assert.deepEqual(found, {
    kind: 'traces',
    traces: [{ id: 'abc', service: 'gateway', name: '', startMs: 1_700_000_000_123, durationMs: 7 }],
  })
  const trace = tempoAnswer({
    batches: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'users' } }] },
        scopeSpans: [
          {
            spans: [
              {
                spanId: 'b',
                parentSpanId: 'a',
                name: 'updateUser',
                startTimeUnixNano: '1700000000000000000',
                endTimeUnixNano: '1700000000001500000',
                status: { code: 'STATUS_CODE_ERROR' },
              },
            ],
          },
        ],
      },
    ],
  })
  const span = { id: 'b', parent: 'a', service: 'users', name: 'updateUser', startMs: 1_700_000_000_000 }
  assert.deepEqual(trace, { kind: 'spans', spans: [{ ...span, durationMs: 1.5, failed: true }] })
  assert.equal(amountOf(tempoAnswer({})), 0)
})
