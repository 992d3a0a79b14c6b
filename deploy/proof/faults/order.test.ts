import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MATRIX } from '../../faults/matrix/all.ts'
import type { Fault } from '../../faults/fault.ts'
import { spreadOut } from './order.ts'

const fault = (name: string, alert: string, mayFire: string[] = []): Fault => ({
  name,
  breaks: 'It.',
  see: { dashboard: 'd', panel: 'p' },
  injection: { by: 'stop', part: 'users' },
  sli: { query: 'up', is: 'below', bound: 1 },
  alerts: [{ alert, service: 'users', withinSeconds: 60 }],
  mayFire: mayFire.map((each) => ({ alert: each })),
  hard: true,
})

const namesOf = (faults: readonly Fault[]): string[] => faults.map(({ name }) => name)

test('faults that are told by the same alert do not follow each other, where others can come between', () => {
  const [a, b, c] = [fault('a', 'A'), fault('b', 'A'), fault('c', 'C')]
  assert.deepEqual(namesOf(spreadOut([a, b, c])), ['a', 'c', 'b'])
  assert.deepEqual(namesOf(spreadOut([a, b])), ['a', 'b'])
})

test('what may follow counts in both directions', () => {
  const [a, b, c] = [fault('a', 'A', ['B']), fault('b', 'B'), fault('c', 'C')]
  assert.deepEqual(namesOf(spreadOut([a, b, c])), ['a', 'c', 'b'])
  assert.deepEqual(namesOf(spreadOut([b, a, c])), ['b', 'c', 'a'])
})

test('a fault whose end takes long comes in the middle', () => {
  const [a, b, long] = [fault('a', 'A'), fault('b', 'B'), { ...fault('long', 'L'), resolvesWithinSeconds: 900 }]
  assert.deepEqual(namesOf(spreadOut([a, b, long])), ['a', 'long', 'b'])
})

test('no fault of the matrix is lost', () => {
  assert.deepEqual(new Set(namesOf(spreadOut(MATRIX))), new Set(namesOf(MATRIX)))
  assert.equal(spreadOut(MATRIX).length, MATRIX.length)
})
