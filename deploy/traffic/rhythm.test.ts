import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from './random.ts'
import { arrivals, rateAt } from './rhythm.ts'

const RHYTHM = { rate: 50, day: 400 }

const until = (seconds: number, seed = 7): number[] => {
  const times: number[] = []
  for (const at of arrivals(createRandom(seed), RHYTHM)) {
    if (at > seconds) return times
    times.push(at)
  }
  return times
}

test('the rate swings by 60 % around the mean, over a day', () => {
  const at = (second: number): number => Math.round(rateAt(second, RHYTHM))
  assert.deepEqual([0, 100, 200, 300, 400].map(at), [50, 80, 50, 20, 50])
})

test('over a day as many come as the mean says, and by day four times as many as by night', () => {
  const times = until(400)
  assert.ok(Math.abs(times.length - 20_000) < 600, String(times.length))
  const between = (from: number, to: number): number => times.filter((at) => at >= from && at < to).length
  const ratio = between(80, 120) / between(280, 320)
  assert.ok(ratio > 3.2 && ratio < 4.8, String(ratio))
})

test('they come independently of each other: the gaps are as uneven as those of chance', () => {
  // Within a fortieth of a day the rate hardly changes.
  const times = until(10)
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  assert.ok(deviation / mean > 0.85 && deviation / mean < 1.15, String(deviation / mean))
  assert.ok(gaps.every((gap) => gap > 0))
})

test('the same seed makes the same times', () => {
  assert.deepEqual(until(20), until(20))
  assert.notDeepEqual(until(20), until(20, 8))
})
