import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCommand, topicOf } from './options.ts'

test('a topic may be given short, in full, or as its dead letters', () => {
  for (const given of ['users', 'users.dlq', 'pharos.users.v1', 'pharos.users.v1.dlq']) {
    assert.equal(topicOf(given), 'pharos.users.v1')
  }
  assert.throws(
    () => topicOf('walks'),
    /There is no topic "walks", only users, auth, posts, relations, notifications\./,
  )
})

test('each verb takes what it needs', () => {
  assert.deepEqual(parseCommand(['list']), { verb: 'list', topic: undefined, newest: 50 })
  assert.deepEqual(parseCommand(['list', 'posts', '--newest', '3']), {
    verb: 'list',
    topic: 'pharos.posts.v1',
    newest: 3,
  })
  assert.deepEqual(parseCommand(['show', 'users', '7']), { verb: 'show', topic: 'pharos.users.v1', offset: 7 })
  const replay = { verb: 'replay', topic: 'pharos.users.v1' }
  assert.deepEqual(parseCommand(['replay', 'users']), { ...replay, offset: undefined, old: false })
  assert.deepEqual(parseCommand(['replay', 'users', '0', '--old']), { ...replay, offset: 0, old: true })
})

test('what makes no sense is refused with the usage or by name', () => {
  for (const args of [
    [],
    ['walk'],
    ['show', 'users'],
    ['replay'],
    ['list', 'users', '3'],
    ['replay', 'users', '1', '2'],
  ])
    assert.throws(() => parseCommand(args), /^Failure: Usage: npm run dlq:list/)
  assert.throws(() => parseCommand(['show', 'users', 'last']), /"last" is no offset/)
  assert.throws(() => parseCommand(['show', 'users', '--', '-1']), /"-1" is no offset/)
  assert.throws(() => parseCommand(['list', '--newest', '0']), /--newest is "0"/)
  assert.throws(() => parseCommand(['list', '--fast']), /--fast/)
})
