import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { percentile, spread, turned } from './statistics.ts'

describe('percentile', () => {
  const hundred = Float64Array.from({ length: 100 }, (_, index) => index + 1)

  test('is the nearest rank', () => {
    assert.equal(percentile(hundred, 0.5), 50)
    assert.equal(percentile(hundred, 0.95), 95)
    assert.equal(percentile(hundred, 0.99), 99)
    assert.equal(percentile(hundred, 1), 100)
  })

  test('of one sample is that sample', () => {
    assert.equal(percentile(Float64Array.of(7), 0.5), 7)
    assert.equal(percentile(Float64Array.of(7), 0.99), 7)
  })

  test('of nothing is no number', () => assert.equal(percentile(new Float64Array(), 0.5), Number.NaN))
})

describe('spread', () => {
  test('of an odd number of values has the middle one as its median', () =>
    assert.deepEqual(spread([10, 2, 9]), { median: 9, min: 2, max: 10 }))

  test('of an even number has the mean of the two middle ones', () =>
    assert.deepEqual(spread([10, 2, 9, 4]), { median: 6.5, min: 2, max: 10 }))

  test('of nothing is no number', () =>
    assert.deepEqual(spread([]), { median: Number.NaN, min: Number.NaN, max: Number.NaN }))
})

describe('turned', () => {
  test('gives everyone each place once in as many rounds as there are', () => {
    const rounds = [0, 1, 2].map((round) => turned(['a', 'b', 'c'], round))
    assert.deepEqual(rounds, [
      ['a', 'b', 'c'],
      ['b', 'c', 'a'],
      ['c', 'a', 'b'],
    ])
    assert.deepEqual(turned(['a', 'b', 'c'], 3), ['a', 'b', 'c'])
  })

  test('leaves an empty list empty', () => assert.deepEqual(turned([], 2), []))
})
