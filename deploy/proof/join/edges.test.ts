import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shapeOf } from './edges.ts'
import { CALLER, span, TRACE_OF_A_FOLLOW } from './sample.ts'

test('a trace has the calls, the messages that were sent, and who took them', () => {
  const { services, edges, strays, continues } = shapeOf(TRACE_OF_A_FOLLOW, CALLER)
  assert.deepEqual([...services].toSorted(), ['gateway', 'notifications', 'relations'])
  assert.deepEqual([...edges].toSorted(), [
    'gateway→relations',
    'notifications⇒live',
    'notifications⇒pharos.notifications.v1',
    'relations⇒pharos.relations.v1',
    'relations⇒pharos.relations.v1⇒notifications',
  ])
  assert.deepEqual(strays, [])
  assert.equal(continues, true)
})

test('what hangs from nothing is named, and is no edge', () => {
  const lost = span('process pharos.posts.v1', 'relations', 'consumer', { parent: 'gone' })
  const { edges, strays } = shapeOf([...TRACE_OF_A_FOLLOW, lost], CALLER)
  assert.equal(
    [...edges].some((edge) => edge.includes('posts')),
    false,
  )
  assert.deepEqual(strays, ['process pharos.posts.v1 of relations'])
})

test("a gateway that begins a trace of its own does not continue the caller's", () => {
  assert.equal(shapeOf(TRACE_OF_A_FOLLOW, 'another').continues, false)
  const twice = span('POST', 'gateway', 'server', { parent: CALLER })
  assert.equal(shapeOf([...TRACE_OF_A_FOLLOW, twice], CALLER).continues, false)
})
