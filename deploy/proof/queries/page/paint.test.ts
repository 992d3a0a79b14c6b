import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LANES } from '../view/marks.ts'

type Mark = { lane: string; from: number; to: number }
type Paint = {
  LANES: readonly string[]
  lanesHeight: (marks: readonly Mark[]) => number
  fewInView: (marks: readonly Mark[], view: { min: number; max: number }) => Mark[][]
}

// What a browser runs has no types of its own.
const { LANES: painted, lanesHeight, fewInView } = (await import(new URL('paint.mjs', import.meta.url).href)) as Paint

const marksOf = (lane: string, count: number): Mark[] =>
  Array.from({ length: count }, (_, i) => ({ lane, from: i * 10, to: i * 10 + 5 }))

test('the page has the lanes that marks are sorted into', () => {
  assert.deepEqual(painted, LANES)
})

test('only lanes with marks take room above a plot', () => {
  assert.equal(lanesHeight([]), 0)
  const one = lanesHeight(marksOf('fault', 3))
  assert.ok(one > 0)
  assert.equal(lanesHeight(marksOf('alert', 50)), one)
  assert.ok(lanesHeight([...marksOf('fault', 1), ...marksOf('change', 1)]) > one)
})

test('marks lie over the whole graph while few of their lane are in view, and again after a closer look', () => {
  const marks = [...marksOf('fault', 20), ...marksOf('alert', 6)]
  const counted = (min: number, max: number) =>
    fewInView(marks, { min, max }).map((lane) => [lane[0]?.lane, lane.length])
  assert.deepEqual(counted(0, 200), [['alert', 6]])
  assert.deepEqual(counted(51, 104), [
    ['fault', 6],
    ['alert', 1],
  ])
  assert.deepEqual(counted(51, 114), [['alert', 1]])
})

test('what happens at once is one line, however many it is about', () => {
  const deploys = Array.from({ length: 9 }, () => ({ lane: 'change', from: 30, to: 45 }))
  assert.equal(fewInView(deploys, { min: 0, max: 60 })[0]?.length, 9)
})
