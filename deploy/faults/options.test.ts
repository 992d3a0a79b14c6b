import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCommand, parseGameday } from './options.ts'

test('a name alone breaks it for two minutes', () => {
  const command = parseCommand(['redis-stopped'])
  assert.ok(command.verb === 'break')
  assert.deepEqual([command.fault.name, command.seconds], ['redis-stopped', 120])
})

test('how long it lasts can be said, in whole seconds', () => {
  const command = parseCommand(['redis-stopped', '--seconds', '7'])
  assert.ok(command.verb === 'break')
  assert.equal(command.seconds, 7)
  for (const seconds of ['0', '-1', '1.5', 'long', '']) {
    assert.throws(() => parseCommand(['redis-stopped', `--seconds=${seconds}`]), /--seconds is ".*", but it takes/)
  }
})

test('it is shown instead of made where that is asked for', () =>
  assert.equal(parseCommand(['redis-stopped', '--show']).verb, 'show'))

test('list and repair are verbs', () =>
  assert.deepEqual([parseCommand(['list']), parseCommand(['repair'])], [{ verb: 'list' }, { verb: 'repair' }]))

test('a name that is none is answered with the one that was meant, if one is near', () => {
  assert.throws(() => parseCommand(['redis-stoped']), /no fault "redis-stoped"\. Was "redis-stopped" meant\?/)
  assert.throws(() => parseCommand(['an-earthquake-in-the-cellar']), /^Failure: There is no fault "[^"]+"\. "npm run/)
})

test('nothing, too much and what is unknown are answered with the usage', () => {
  for (const args of [[], ['list', 'all'], ['flood', '--loud']]) assert.throws(() => parseCommand(args), /Usage: /)
})

test('a game day takes a seed, a time and an answer from one to five', () => {
  assert.deepEqual(parseGameday([]), { seed: undefined, seconds: 600, answer: undefined })
  assert.deepEqual(parseGameday(['--seed', '0', '--seconds', '9', '--answer', '5']), { seed: 0, seconds: 9, answer: 5 })
  for (const answer of ['0', '6', 'x']) assert.throws(() => parseGameday(['--answer', answer]), /--answer is/)
  assert.throws(() => parseGameday(['redis-stopped']), /Usage: npm run gameday/)
})
