import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lagOfScrape } from './event-loop.ts'
import { columns, scenarioTable, summarise } from './report.ts'
import { slice } from './slices-fixture.ts'

test('a summary holds the median with its bounds, and the longest hold-up of all rounds', () => {
  const { sum, cpu, lag } = summarise([
    slice(90, { lag: { users: 3 } }),
    slice(80, { lag: { users: 12, auth: 1 } }),
    slice(85),
  ])
  assert.deepEqual(sum, { median: 85, min: 80, max: 90 })
  assert.deepEqual(cpu.kafka, { median: 7, min: 7, max: 7 })
  assert.deepEqual(lag, { users: 12, auth: 1 })
})

test('the table gives each variant as a multiple of off', () => {
  const lines = scenarioTable('profile', [
    { name: 'off', variant: 'off', slices: [slice(80)] },
    { name: 'all', variant: 'all', slices: [slice(160, { lag: { gateway: 4 } })] },
  ]).split('\n')
  assert.match(lines.find((line) => line.startsWith('  off ')) ?? '', / 1\.00 /)
  assert.match(lines.find((line) => line.startsWith('  all ')) ?? '', / 2\.00 .* 4\.00$/)
})

test('without off there are no multiples', () => {
  const table = scenarioTable('profile', [{ name: 'all', variant: 'all', slices: [slice(160)] }])
  assert.match(table, /160–160\s+–\s+160/)
})

test('names stand to the left and figures to the right', () =>
  assert.equal(
    columns([
      ['', 'req/s'],
      ['off', '5'],
    ]),
    '       req/s\n  off      5',
  ))

test('the lag is read from the quantile 1 of a scrape', () => {
  const text =
    'app_eventloop_lag_seconds{quantile="0.99"} 0.002\napp_eventloop_lag_seconds{quantile="1"} 0.0125\n# EOF\n'
  assert.equal(lagOfScrape(text), 12.5)
  assert.equal(lagOfScrape('# EOF\n'), undefined)
})
