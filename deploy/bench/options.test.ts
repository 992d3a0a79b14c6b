import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseOptions } from './options.ts'

test('without options every scenario is measured, with the variants that make sense for it', () => {
  const { scenarios, probes, rounds, seconds } = parseOptions([])
  assert.deepEqual(
    scenarios.map(({ name }) => name).join(' '),
    'profile profile-uncached search update login register ' +
      'post posts-by-author posts-latest followers feed unread post-create follow mix',
  )
  assert.deepEqual(probes, [
    { name: 'delivery', variants: ['all'] },
    { name: 'relay', variants: ['all'] },
  ])
  assert.ok(scenarios.every(({ variants }) => variants.includes('off') && variants.includes('all')))
  assert.deepEqual({ rounds, seconds }, { rounds: 5, seconds: 4 })
})

test('chosen scenarios and variants keep the order of the tables', () =>
  assert.deepEqual(parseOptions(['--scenarios', 'search,profile', '--variants=all,off']).scenarios, [
    { name: 'profile', variants: ['off', 'all'] },
    { name: 'search', variants: ['off', 'all'] },
  ]))

test('a quick look compares off and all unless told otherwise', () => {
  assert.deepEqual(parseOptions(['--quick', '--scenarios', 'login']), {
    scenarios: [{ name: 'login', variants: ['off', 'all'] }],
    probes: [],
    rounds: 2,
    seconds: 2,
  })
  assert.deepEqual(parseOptions(['--quick', '--variants', 'logs', '--rounds', '7']).rounds, 7)
})

test('what is no slice is chosen like a scenario, and says so by itself', () => {
  const { scenarios, probes } = parseOptions(['--scenarios', 'relay,feed', '--variants', 'off'])
  assert.deepEqual(scenarios, [{ name: 'feed', variants: ['off'] }])
  assert.deepEqual(probes, [{ name: 'relay', variants: ['off'] }])
})

test('what is not known is refused by name', () => {
  assert.throws(() => parseOptions(['--scenarios', 'profile,walk']), /--scenarios does not know "walk"/)
  assert.throws(() => parseOptions(['--variants', '']), /--variants does not know ""/)
  assert.throws(() => parseOptions(['--rounds', '0']), /--rounds is "0"/)
  assert.throws(() => parseOptions(['--seconds', '1.5']), /--seconds is "1.5"/)
  assert.throws(() => parseOptions(['--fast']), /--fast/)
})
