import assert from 'node:assert/strict'
import { test } from 'node:test'
import { place } from './layout.ts'

const panel = (width: number, height = 4) => ({ width, height })

test('a line fills the screen in the proportions wished for, to the last column', () => {
  const { placed } = place([[panel(4), panel(4), panel(4), panel(4), panel(4)]], 0)
  assert.deepEqual(
    placed.map(({ at: { x, w } }) => [x, w]),
    [
      [0, 5],
      [5, 5],
      [10, 5],
      [15, 5],
      [20, 4],
    ],
  )
  const { placed: unequal } = place([[panel(12), panel(4)]], 0)
  assert.deepEqual(
    unequal.map(({ at: { w } }) => w),
    [18, 6],
  )
})

test('a line that is too wide goes on in the next, and each is as high as its highest panel', () => {
  const { placed, bottom } = place([[panel(8, 8), panel(8, 6), panel(8, 8), panel(8, 5)], [panel(24, 3)]], 10)
  assert.deepEqual(
    placed.map(({ at }) => at),
    [
      { x: 0, y: 10, w: 8, h: 8 },
      { x: 8, y: 10, w: 8, h: 8 },
      { x: 16, y: 10, w: 8, h: 8 },
      { x: 0, y: 18, w: 24, h: 5 },
      { x: 0, y: 23, w: 24, h: 3 },
    ],
  )
  assert.equal(bottom, 26)
})
