import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Span } from './story.ts'
import { assembleTree, findHops, isComplete, selfTimeMs, tellTrace } from './trace.ts'
import type { TraceNode } from './trace.ts'

const span = (
  spanId: string,
  parentSpanId: string | undefined,
  start: number,
  end: number,
  more: Partial<Span> = {},
): Span => ({
  traceId: 't',
  spanId,
  parentSpanId,
  name: spanId,
  kind: 'internal',
  service: 'users',
  attributes: {},
  status: 'unset',
  statusMessage: undefined,
  start,
  end,
  links: [],
  ...more,
})

const shape = (nodes: readonly TraceNode[]): unknown[] =>
  nodes.map(({ span: { spanId }, children }) => (children.length === 0 ? spanId : [spanId, ...shape(children)]))

test('spans hang below their parents in order of time, whatever order they came in', () => {
  const tree = assembleTree([
    span('c', 'a', 5, 6),
    span('d', 'b', 3, 4),
    span('a', undefined, 0, 9),
    span('b', 'a', 1, 4),
  ])
  assert.deepEqual(shape(tree), [['a', ['b', 'd'], 'c']])
})

test('a span whose parent is not there is a root that says so; one that is its own parent does no harm', () => {
  const tree = assembleTree([span('a', 'outside', 0, 9), span('b', 'lost', 1, 4), span('c', 'c', 2, 3)])
  assert.deepEqual(
    tree.map((node) => [node.span.spanId, node.missingParent]),
    [
      ['a', true],
      ['b', true],
      ['c', true],
    ],
  )
})

test('only the first root of a complete trace may have its parent outside', () => {
  const told = (...spans: Span[]) => isComplete(tellTrace('t', { spans, lines: [], errors: [] }))
  assert.equal(told(), false)
  assert.equal(told(span('a', 'the-callers-own', 0, 9), span('b', 'a', 1, 2)), true)
  assert.equal(told(span('a', undefined, 0, 9), span('b', 'late', 1, 2)), false)
})

test('a message is followed from its producer to each consumer, by parent or by link', () => {
  const producer = span('p', undefined, 0, 10, { kind: 'producer' })
  const lonely = span('q', undefined, 5, 6, { kind: 'producer' })
  const child = span('c', 'p', 12, 20, { kind: 'consumer' })
  const linked = span('l', undefined, 15, 16, { kind: 'consumer', links: [{ traceId: 't', spanId: 'p' }] })
  const stray = span('s', 'gone', 30, 31, { kind: 'consumer' })
  const hops = findHops([stray, linked, child, lonely, producer])
  assert.deepEqual(
    hops.map((hop) => [hop.producer?.spanId, hop.consumer?.spanId, hop.ageMs]),
    [
      ['p', 'l', 5],
      ['p', 'c', 2],
      ['q', undefined, undefined],
      [undefined, 's', undefined],
    ],
  )
})

test('the time of a span by itself leaves out its children, also where they overlap or outlive it', () => {
  const [root] = assembleTree([
    span('a', undefined, 0, 10),
    span('b', 'a', 1, 4),
    span('c', 'a', 3, 5),
    span('d', 'a', 8, 99),
  ])
  assert.ok(root)
  assert.equal(selfTimeMs(root), 4)
})
