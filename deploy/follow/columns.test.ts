import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bar, duration, fit, fitRight, spread } from './columns.ts'

const plain = { width: 20, colour: false }

test('a cell has exactly its width, cut with an ellipsis or filled up', () => {
  assert.equal(fit(plain, [['abc'], ['def', 'red']], 10), 'abcdef    ')
  assert.equal(fit(plain, [['abcdef'], ['ghij']], 8), 'abcdefg…')
  assert.equal(fit(plain, [['ünï'], ['😀😀😀']], 5), 'ünï😀…')
  assert.equal(fitRight(plain, '12 ms', 8), '   12 ms')
  assert.equal(spread(plain, [['a very long left side']], [['right']]), 'a very long …  right')
})

test('colours are only where they are wanted, and never count as width', () => {
  assert.equal(fit({ width: 9, colour: true }, [['abc', 'red']], 5), '\u001b[31mabc\u001b[39m  ')
})

test('control characters of a value never reach the terminal', () => {
  assert.equal(fit(plain, [['a\u001b[2Jb\nc\u202ed']], 12), 'a [2Jb c d  ')
})

test('durations are short and keep three digits', () => {
  assert.deepEqual([0.123, 12.34, 123.4, 1_234, 12_340, 61_000].map(duration), [
    '0.12 ms',
    '12.3 ms',
    '123 ms',
    '1.23 s',
    '12.3 s',
    '1 min 1 s',
  ])
})

test('bars lie where their span lies; what is beyond the scale is an arrow', () => {
  assert.equal(bar(0, 1, 8), '████████')
  assert.equal(bar(0.5, 0.75, 8), '    ██  ')
  assert.equal(bar(0.25, 0.2501, 8), '  ▏     ')
  assert.equal(bar(0.5, 3, 8), '    ███»')
  assert.equal(bar(2, 3, 8), '       »')
  assert.equal(bar(0.999, 1, 8).length, 8)
})
