import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Memory } from '../surroundings.ts'
import { markdownOf, seenLayers, seenRise } from './report.ts'
import { measuredOf } from '../slices-fixture.ts'

const NINE = [100, 101, 102, 103, 104, 105, 106, 107, 108]
const times = (factor: number): number[] => NINE.map((cost) => cost * factor)

const memoryOf = (name: string): Memory => {
  const resident = { gateway: 100, users: 120, auth: 9, posts: 0, notifications: 0, relations: 0 }
  return {
    name,
    resident: { ...resident, postgres: 0, redis: 0, kafka: 0 },
    startSeconds: { median: 1.25, min: 1, max: 2 },
  }
}

const measured = [
  measuredOf('off', NINE),
  measuredOf('all', times(1.5), { slice: { spans: 4, throughput: 3999.6, p99: 12.34 } }),
  measuredOf('all-10%', times(1.25)),
]

test('the layers are a table to paste, with the verdict on the budgets', () => {
  const { markdown, passed } = seenLayers({ scenario: 'profile', measured }, ['off', 'all'].map(memoryOf))
  assert.equal(passed, true)
  const lines = markdown.split('\n')
  assert.ok(lines.includes('| layer | CPU µs | × off | req/s | p99 ms | spans | RSS MB | start s |'))
  assert.ok(lines.includes('| --- | --- | --- | --- | --- | --- | --- | --- |'))
  assert.ok(lines.includes('| off | 104 (100–108) | 1 | 5,000 | 8.00 | 0.00 | 220 | 1.25 |'))
  assert.ok(lines.includes('| all | 156 (150–162) | 1.50 (1.50–1.50) | 4,000 | 12.3 | 4.00 | 220 | 1.25 |'))
  assert.ok(lines.some((line) => line.startsWith('| all-10% |') && line.endsWith('| – | – |')))
  assert.ok(lines.includes('| every signal, every trace: at most 2.0 × | 1.50 (1.50–1.50) | kept |'))
})

test('an exceeded budget does not pass', () => {
  const dear = [measuredOf('off', NINE), measuredOf('all', times(1.5)), measuredOf('all-10%', times(1.45))]
  const { terminal, passed } = seenLayers({ scenario: 'profile', measured: dear }, [])
  assert.equal(passed, false)
  assert.match(terminal, /one trace in ten: at most 1\.4 ×\s+1\.45 \(1\.45–1\.45\)\s+exceeded/)
})

test('the budgets are those of the cached read alone', () => {
  const { markdown, passed } = seenLayers({ scenario: 'search', measured }, [])
  assert.equal(passed, true)
  assert.doesNotMatch(markdown, /budget/)
})

test('a rise shows both commits and fails', () => {
  const sets = { 'off-before': 1, 'off-now': 1, 'all-before': 1.5, 'all-now': 1.8 }
  const { markdown, passed } = seenRise(
    {
      scenario: 'profile',
      measured: Object.entries(sets).map(([name, factor]) => measuredOf('off', times(factor), { name })),
    },
    'abc123',
  )
  assert.equal(passed, false)
  assert.match(markdown, /before is abc123/)
  assert.match(
    markdown,
    /\| telemetry, the difference \| 52\.0 \| 83\.2 \| 1\.60 \(1\.60–1\.60\) \| dearer, by more than the noise \|/,
  )
})

test('slices that others disturbed are told, and undisturbed ones are not', () => {
  const disturbed = [...measured, measuredOf('auto', [300, 300], { slice: { foreign: 0.2, rested: false } })]
  assert.match(
    seenLayers({ scenario: 'profile', measured: disturbed }, []).markdown,
    /Of 29 slices: others used more than 5 % of the machine in 2; the system did not come to rest after 2\./,
  )
  assert.doesNotMatch(seenLayers({ scenario: 'profile', measured }, []).markdown, /slices:/)
})

test('the section begins with when, where and how', () => {
  const text = markdownOf(['2026-11-29', 'a CPU', '`command`'], [{ terminal: '', markdown: 'table', passed: true }])
  assert.equal(text, '2026-11-29, a CPU, `command`.\n\ntable')
})
