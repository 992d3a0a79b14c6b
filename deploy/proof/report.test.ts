import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Verdict } from './part.ts'
import { duration, isGood, renderMarkdown, renderSummary, verdictOf, type PartResult, type Report } from './report.ts'

const partOf = (name: string, ...verdicts: Verdict[]): PartResult => ({
  name,
  claim: `What ${name} claims.`,
  seconds: 75,
  findings: verdicts.map((verdict, place) => ({ what: `finding ${place}`, verdict, detail: `saw a|b ${place}` })),
  figures: { lines: 12_345, slowest: '1.2 s' },
})

const reportOf = (...parts: PartResult[]): Report => ({
  date: '2026-11-29T08:00:00.000Z',
  commit: 'abc',
  machine: { cpu: 'Some CPU', cores: 2, memoryGigabytes: 8, system: 'linux x64', node: '24.21.0' },
  rules: 'fast',
  seconds: 1234,
  stopped: false,
  parts,
})

test('a part is proven only when all of it is, and of nothing nothing is', () => {
  assert.equal(verdictOf(partOf('a', 'proven', 'proven')), 'proven')
  assert.equal(verdictOf(partOf('a', 'proven', 'not proven')), 'not proven')
  assert.equal(verdictOf(partOf('a', 'not proven', 'failed')), 'failed')
  assert.equal(verdictOf(partOf('a')), 'not proven')
})

test('only what failed makes a proof bad, and what was stopped is not good', () => {
  const unproven = reportOf(partOf('a', 'proven'), partOf('b', 'not proven'))
  assert.equal(isGood(unproven), true)
  assert.equal(isGood({ ...unproven, stopped: true }), false)
  assert.equal(isGood(reportOf(partOf('a', 'proven'), partOf('b', 'proven', 'failed'))), false)
  assert.equal(isGood(reportOf()), false)
})

test('the terminal shows a row for each part, and apart what failed and what is not proven', () => {
  const text = renderSummary(reportOf(partOf('quiet', 'proven'), partOf('faults', 'proven', 'failed', 'not proven')))
  const [heading, quiet, faults, ...rest] = text.split('\n')
  assert.match(heading ?? '', /^part +result +findings +took +figures$/)
  assert.match(quiet ?? '', /^quiet +proven +1 of 1 +1 min 15 s +lines 12,345 · slowest 1.2 s$/)
  assert.match(faults ?? '', /^faults +failed +1 of 3, 1 failed, 1 not proven /)
  assert.deepEqual(rest, [
    '',
    'Failed:',
    '  ✖ faults: finding 1 (saw a|b 1)',
    '',
    'Not proven:',
    '  – faults: finding 2 (saw a|b 2)',
  ])
})

test('the Markdown says what was claimed, what came of it, and under which conditions', () => {
  const lines = renderMarkdown(reportOf(partOf('quiet', 'proven', 'not proven'))).split('\n')
  assert.deepEqual(lines, [
    '`npm run proof`, 2026-11-29, commit abc; Some CPU, 2 cores, 8 GB, Node 24.21.0; rules of alerts with windows of a sixth; took 20 min 34 s.',
    '',
    '| claim | result | figures |',
    '| --- | --- | --- |',
    '| What quiet claims. | not proven (1 of 2, 1 not proven) | lines 12,345 · slowest 1.2 s |',
    '',
    'Not proven on this machine:',
    '',
    '- quiet: finding 1 (saw a\\|b 1)',
    '',
  ])
})

test('seconds become minutes', () => {
  assert.deepEqual([59.4, 60, 125].map(duration), ['59 s', '1 min 0 s', '2 min 5 s'])
})
