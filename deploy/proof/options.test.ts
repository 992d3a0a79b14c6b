import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseOptions, PART_NAMES } from './options.ts'

test('without words everything is proven, with the fast rules', () => {
  assert.deepEqual(parseOptions([]), {
    parts: PART_NAMES,
    rules: 'fast',
    keep: false,
    minutes: 30,
    requests: 1000,
    rate: 12,
    faults: undefined,
  })
})

test('parts run in their own order, whatever the order of the words', () => {
  assert.deepEqual(parseOptions(['faults', 'signals', 'faults']).parts, ['signals', 'faults'])
})

test('what is given wins', () => {
  const { rules, keep, minutes, requests, rate } = parseOptions(
    '--real --keep --minutes 5 --requests=200 --rate 20'.split(' '),
  )
  assert.deepEqual([rules, keep, minutes, requests, rate], ['real', true, 5, 200, 20])
})

test('who names faults alone gets these alone', () => {
  const { parts, faults } = parseOptions(['--faults', 'postgres-down, redis-down'])
  assert.deepEqual([parts, faults], [['faults'], ['postgres-down', 'redis-down']])
  assert.deepEqual(parseOptions(['quiet', 'faults', '--faults=a']).parts, ['quiet', 'faults'])
})

test('what makes no sense is refused by name', () => {
  assert.throws(() => parseOptions(['quite']), /no part "quite", only signals, join/)
  assert.throws(() => parseOptions(['--minutes', '0']), /--minutes is "0"/)
  assert.throws(() => parseOptions(['--rate', 'fast']), /--rate is "fast"/)
  assert.throws(() => parseOptions(['--faults', 'a,']), /comma list/)
  assert.throws(() => parseOptions(['quiet', '--faults', 'a']), /"faults" is not asked for/)
  assert.throws(() => parseOptions(['--quick']), /--quick.*\nUsage: npm run proof/s)
})
