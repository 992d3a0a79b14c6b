import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandOf, parseTelemetryOptions } from './options.ts'

test('without options the layers of the cached read are measured', () =>
  assert.deepEqual(parseTelemetryOptions([]), { against: undefined, scenarios: ['profile'], rounds: 9, seconds: 2 }))

test('a comparison is with the commit before unless another is named, and takes more rounds', () => {
  assert.deepEqual(parseTelemetryOptions(['--against']), {
    against: 'HEAD^',
    scenarios: ['profile'],
    rounds: 21,
    seconds: 2,
  })
  assert.equal(parseTelemetryOptions(['--against', '--rounds', '7']).against, 'HEAD^')
  assert.equal(parseTelemetryOptions(['--against', 'main~3', '--rounds', '7']).against, 'main~3')
  assert.equal(parseTelemetryOptions(['--against=v1']).rounds, 21)
})

test('what is not known is refused by name', () => {
  assert.throws(() => parseTelemetryOptions(['--scenarios', 'feed']), /--scenarios does not know "feed"/)
  assert.throws(() => parseTelemetryOptions(['--rounds', '0']), /--rounds is "0"/)
  assert.throws(() => parseTelemetryOptions(['--against=']), /--against is empty/)
  assert.throws(() => parseTelemetryOptions(['--variants', 'off']), /--variants/)
})

test('the command of a run measures the same again', () => {
  for (const words of [[], ['--against'], ['--against', 'v1', '--scenarios', 'update,search', '--seconds', '3']]) {
    const options = parseTelemetryOptions(words)
    const [, again = ''] = commandOf(options).split(' -- ')
    assert.deepEqual(parseTelemetryOptions(again.split(' ')), options)
  }
})
