import assert from 'node:assert/strict'
import { test } from 'node:test'
import { followGraph } from './graph.ts'
import { createRandom } from './random.ts'

const PEOPLE = 2_000
const graph = (seed: number, followsEach = 10) => followGraph(createRandom(seed), { people: PEOPLE, followsEach })

const followersOf = (follows: ReturnType<typeof graph>): number[] => {
  const counts = Array.from({ length: PEOPLE }, () => 0)
  for (const [, followee] of follows) counts[followee] = (counts[followee] ?? 0) + 1
  return counts.toSorted((a, b) => b - a)
}

test('the same seed makes the same graph, another one another', () => {
  assert.deepEqual(graph(1), graph(1))
  assert.notDeepEqual(graph(1), graph(2))
})

test('nobody follows oneself, and nobody twice', () => {
  const follows = graph(1)
  assert.ok(follows.every(([follower, followee]) => follower !== followee))
  assert.equal(new Set(follows.map(String)).size, follows.length)
})

test('everybody follows as many as were asked for, on average', () => {
  const each = graph(1).length / PEOPLE
  assert.ok(each > 9 && each < 11, String(each))
  assert.equal(graph(1, 0).length, 0)
})

test('a few are celebrities, and most have few followers', () => {
  const counts = followersOf(graph(1))
  const all = counts.reduce((sum, count) => sum + count, 0)
  const topPercent = counts.slice(0, PEOPLE / 100).reduce((sum, count) => sum + count, 0)
  const [most = 0] = counts
  const median = counts[PEOPLE / 2] ?? 0
  assert.ok(topPercent / all > 0.1, `a hundredth of the people has ${topPercent} of ${all} followers`)
  assert.ok(most > 20 * median, `${most} against ${median}`)
})

test('a population too small for its wishes is still a graph', () =>
  assert.deepEqual(
    new Set(followGraph(createRandom(1), { people: 2, followsEach: 50 }).map(String)),
    new Set(['0,1', '1,0']),
  ))
