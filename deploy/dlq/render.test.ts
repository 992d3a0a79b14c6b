import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeadLetter } from '@pharos/platform/kafka/dead-letter-store'
import { renderBox, renderLetter } from './render.ts'

const TOPIC = 'pharos.users.v1'

const letter = (more: Partial<DeadLetter> = {}): DeadLetter => ({
  offset: 7,
  at: new Date('2026-11-24T10:00:00.123Z'),
  event: {
    id: 'id-1',
    type: 'user.created',
    source: '/pharos/users',
    time: undefined,
    origin: { traceparent: undefined, correlationId: undefined },
  },
  key: '42',
  group: 'posts',
  error: { code: 'card.conflict', message: 'the card is newer' },
  headers: { ce_id: 'id-1', 'x-error-code': 'card.conflict' },
  payload: '{"id":42}',
  ...more,
})

test('a topic shows its number, and of each letter what, whose and why', () => {
  const lines = renderBox({ topic: TOPIC, first: 7, end: 8 }, [letter()]).split('\n')
  assert.equal(lines[0], 'pharos.users.v1.dlq: 1')
  assert.match(
    lines[2] ?? '',
    /7 +2026-11-24 10:00:00 +user\.created +id-1 +42 +posts +card\.conflict +the card is newer$/,
  )
})

test('an empty topic says so, and a long one how many are not shown', () => {
  assert.equal(renderBox({ topic: TOPIC, first: 8, end: 8 }, []), 'pharos.users.v1.dlq: empty\n')
  assert.match(renderBox({ topic: TOPIC, first: 3, end: 8 }, [letter()]), /and 4 older, from offset 3 on/)
})

test('what is missing is a dash, and a terminal gets no control characters', () => {
  const bare = letter({ at: undefined, group: undefined, key: '\u001b[2J' })
  assert.match(renderBox({ topic: TOPIC, first: 7, end: 8 }, [bare]), /7 +– +user\.created +id-1 +·\[2J +– /)
  assert.ok(!renderLetter(TOPIC, letter({ payload: '"\u001b]0;x"' })).includes('\u001b'))
})

test('one letter shows all headers and its payload in lines, also when that is no JSON', () => {
  const shown = renderLetter(TOPIC, letter())
  assert.match(shown, /ce_id +id-1\n/)
  assert.match(shown, /x-error-code +card\.conflict\n/)
  assert.ok(shown.endsWith('\n  {\n    "id": 42\n  }\n'))
  assert.ok(renderLetter(TOPIC, letter({ payload: 'no json' })).endsWith('\n  no json\n'))
})
