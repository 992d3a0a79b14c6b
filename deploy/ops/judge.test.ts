import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PartState } from '../local/run-state.ts'
import type { Check } from './checks.ts'
import { judge } from './judge.ts'

const check: Check = {
  name: 'loki',
  look: () => Promise.resolve({ secondsAgo: 1, what: 'a log line' }),
  freshWithinSeconds: 60,
}
const part = (state: PartState['state'], detail?: string): PartState => ({
  name: 'loki',
  state,
  detail,
  since: new Date(0).toISOString(),
  restarts: 0,
})

test('what runs and has just got something lives', () => {
  assert.deepEqual(judge(check, part('ready'), { secondsAgo: 3.4, what: 'a log line' }), {
    mark: '✓',
    name: 'loki',
    state: 'ready',
    data: 'a log line, 3 s ago',
  })
})

test('data that is too old, or none, is no life', () => {
  assert.equal(judge(check, part('ready'), { secondsAgo: 61, what: 'a log line' }).mark, '✗')
  assert.equal(judge(check, part('ready'), { secondsAgo: undefined, what: 'a log line' }).mark, '✗')
})

test('what need not come on a quiet system is not missed', () => {
  const { freshWithinSeconds: _, ...rare } = check
  assert.equal(judge(rare, part('ready'), { secondsAgo: undefined, what: 'an error event' }).mark, '✓')
})

test('what runs and does not answer is at fault, with its reason', () => {
  const verdict = judge(check, part('restarting'), new Error('answers 503'))
  assert.deepEqual([verdict.mark, verdict.state, verdict.data], ['✗', 'restarting', 'answers 503'])
})

test('what was left out says why and is nobody’s fault', () => {
  const verdict = judge(check, part('skipped', 'there is no Go\nat all'), new Error('fetch failed'))
  assert.deepEqual([verdict.mark, verdict.state, verdict.data], ['–', 'left out', 'there is no Go'])
})

test('what was never started is not at fault, and what runs elsewhere is judged by its answer', () => {
  assert.equal(judge(check, undefined, new Error('fetch failed')).mark, '–')
  assert.equal(judge(check, undefined, { secondsAgo: 2, what: 'a log line' }).state, 'elsewhere')
})
