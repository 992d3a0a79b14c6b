import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JudgedTrial } from './judge.ts'
import { faultFigures, faultLine, faultMarkdown, faultTable } from './render.ts'

const TRIAL: JudgedTrial = {
  fault: 'postgres-down',
  hard: true,
  verdict: 'proven',
  reasons: [],
  sliMoved: 2,
  alerts: [
    {
      alert: 'PostgresDown',
      service: 'postgres',
      withinSeconds: 60,
      pending: 5,
      firing: 15,
      delivered: 18,
      resolved: 30,
    },
    { alert: 'NotReady', service: 'users', withinSeconds: 60, pending: 4, firing: 20, delivered: 21.5, resolved: 31 },
  ],
  repairedAfter: 22,
  resolvedAfter: 33.4,
  inhibited: ['OutboxStale of users'],
  followed: [],
  falseAlarms: [],
  brokenLinks: [],
  early: [],
}
const FAILED: JudgedTrial = {
  fault: 'redis-slow',
  hard: false,
  verdict: 'failed',
  reasons: ['the indicator did not move', 'false alarm: NotReady of users'],
  alerts: [{ alert: 'RedisDown', service: 'redis', withinSeconds: 60, pending: 3 }],
  repairedAfter: 61,
  inhibited: [],
  followed: [],
  falseAlarms: ['NotReady of users'],
  brokenLinks: [],
  early: [],
}

test('a row has the seconds of each step, of several alerts the last', () => {
  const [, proven, failed] = faultTable([TRIAL, FAILED])
  const names = 'PostgresDown (postgres), NotReady (users)'
  assert.deepEqual(proven, ['postgres-down', names, '2.0', '5.0', '20.0', '21.5', '22.0', '33.4', 'proven'])
  assert.deepEqual(failed, ['redis-slow', 'RedisDown (redis)', '–', '3.0', '–', '–', '61.0', '–', 'failed'])
})

test('a line says how far a fault came and why it is not proven', () => {
  assert.equal(
    faultLine(TRIAL),
    'postgres-down proven: SLI 2 s, pending 5 s, firing 20 s, delivered 21.5 s, resolved 33.4 s',
  )
  assert.match(faultLine(FAILED), /^redis-slow failed: SLI –, pending 3 s.*; the indicator did not move; false alarm/)
})

test('figures count, and take medians of what was seen', () => {
  assert.deepEqual(faultFigures([TRIAL, FAILED]), {
    faults: 2,
    proven: 1,
    'false alarms': 1,
    'median seconds until the indicator moved': 2,
    'median seconds until a hard fault fires': 15,
    'median seconds until delivered': 22,
  })
  assert.equal(faultFigures([FAILED])['median seconds until a hard fault fires'], '–')
})

test('the Markdown says under which rules, and what was kept back', () => {
  const text = faultMarkdown([TRIAL, FAILED], 'fast')
  assert.match(text, /windows are a sixth/)
  assert.match(text, /\n\| postgres-down \| PostgresDown \(postgres\), NotReady \(users\) \| 2\.0 \|/)
  assert.match(text, /\n- \*\*redis-slow\*\*: false alarm: NotReady of users\n/)
  assert.match(text, /\n- postgres-down: fired and kept back, because a cause was told: OutboxStale of users\n/)
  assert.match(faultMarkdown([TRIAL], 'real'), /rules as they are/)
})
