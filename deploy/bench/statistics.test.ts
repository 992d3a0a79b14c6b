import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { medianInterval, percentile, ratios, spread, turned } from './statistics.ts'

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

describe('the interval of a median', () => {
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => count - index)

  test('leaves out as many at each end as the sign test allows at 95 %', () => {
    assert.deepEqual(medianInterval(upTo(6)), { median: 3.5, low: 1, high: 6 })
    assert.deepEqual(medianInterval(upTo(8)), { median: 4.5, low: 1, high: 8 })
    assert.deepEqual(medianInterval(upTo(9)), { median: 5, low: 2, high: 8 })
    assert.deepEqual(medianInterval(upTo(21)), { median: 11, low: 6, high: 16 })
    assert.deepEqual(medianInterval(upTo(100)), { median: 50.5, low: 40, high: 61 })
  })

  test('is moved by no single slice, however far out', () =>
    assert.deepEqual(medianInterval([5, 5, 5, 5, 5, 5, 5, 5, 1000]), { median: 5, low: 5, high: 5 }))

  test('does not exist for fewer than six', () => {
    assert.equal(medianInterval(upTo(5)), undefined)
    assert.equal(medianInterval([]), undefined)
  })

  test('holds the median of what the values are drawn from in about 95 of 100 runs', () => {
    // Numerical Recipes' generator: the same numbers in every run of this test.
    let state = 1
    const random = (): number => (state = (state * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32
    let held = 0
    for (let run = 0; run < 2000; run += 1) {
      const { low, high } = medianInterval(Array.from({ length: 9 }, () => random() ** 3)) ?? { low: 1, high: 0 }
      if (low <= 0.125 && 0.125 <= high) held += 1
    }
    assert.ok(held > 1890 && held < 1960, `${held} of 2000, where 9 values should give 1922`)
  })
})

describe('ratios', () => {
  test('are taken within a round, so that the pace of the machine cancels out', () =>
    assert.deepEqual(ratios([150, 300], [100, 200]), [1.5, 1.5]))

  test('of a cost that was lost in noise are without limit, or none at all', () =>
    assert.deepEqual(ratios([10, -3], [-2, 0]), [Infinity, 1]))
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
