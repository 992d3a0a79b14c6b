import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fault } from '../../faults/fault.ts'
import { blamed, detections, medianOf, strayAlarms, type JudgedTrial } from './judge.ts'
import { play, START, type Script } from './fakes.ts'
import { limitsOf, type Look } from './trial.ts'

const FAULT: Fault = {
  name: 'postgres-down',
  breaks: 'PostgreSQL is gone.',
  see: { dashboard: 'pharos-postgres', panel: 'Up' },
  injection: { by: 'stop', part: 'postgres' },
  sli: { query: 'pg_up', is: 'below', bound: 1 },
  alerts: [{ alert: 'PostgresDown', service: 'postgres', withinSeconds: 60 }],
  mayFire: [{ alert: 'NotReady' }, { alert: 'ErrorRatioHigh', service: 'users' }],
  hard: true,
}
const trialOf = async (script: Script): Promise<JudgedTrial> => {
  const { outcome, ended } = play([[FAULT, script]])
  await outcome
  assert.equal(ended.length, 1)
  const [trial] = ended
  assert.ok(trial)
  return trial
}

const DOWN = { alert: 'PostgresDown', service: 'postgres', inhibited: false }
const PROVEN: Script = {
  sli: { from: 2, until: 3 },
  alerts: [{ ...DOWN, from: 5, firing: 15, until: 10 }],
  delivered: [
    { ...DOWN, status: 'firing', at: 18 },
    { ...DOWN, status: 'resolved', afterRepair: 12 },
  ],
}

test('a fault that is seen, told and over is proven, with the seconds of each step', async () => {
  const trial = await trialOf(PROVEN)
  assert.deepEqual(trial.reasons, [])
  assert.equal(trial.verdict, 'proven')
  assert.equal(trial.sliMoved, 2)
  const times = { pending: 5, firing: 15, delivered: 18, resolved: 30, withinSeconds: 60 }
  assert.deepEqual(trial.alerts, [{ alert: 'PostgresDown', service: 'postgres', ...times }])
  assert.deepEqual([trial.repairedAfter, trial.resolvedAfter], [18, 30])
})

test('an indicator that does not move fails, and is waited for until the time is over', async () => {
  const { sli: _sli, ...script } = PROVEN
  const trial = await trialOf(script)
  assert.deepEqual(trial.reasons, ['the indicator did not move'])
  assert.equal(trial.repairedAfter, 61)
})

test('what is delivered and neither named nor may follow is a false alarm; what may follow is not', async () => {
  const others = [
    { alert: 'NotReady', service: 'posts', status: 'firing' as const, at: 9 },
    { alert: 'ErrorRatioHigh', service: 'users', status: 'firing' as const, at: 9 },
    { alert: 'ErrorRatioHigh', service: 'gateway', status: 'firing' as const, at: 9 },
    { alert: 'Watchdog', service: 'prometheus', status: 'firing' as const, at: 9 },
    { alert: 'RedisDown', service: 'redis', status: 'firing' as const, afterRepair: 3 },
  ]
  const trial = await trialOf({ ...PROVEN, delivered: [...(PROVEN.delivered ?? []), ...others] })
  assert.deepEqual(trial.followed, ['NotReady of posts', 'ErrorRatioHigh of users'])
  assert.deepEqual(trial.reasons, ['false alarm: ErrorRatioHigh of gateway', 'false alarm: RedisDown of redis'])
})

test('what is delivered now and began before the fault is not of it', async () => {
  const late = { alert: 'RedisDown', service: 'redis', status: 'firing' as const, at: 3, startsAt: START - 5000 }
  assert.equal((await trialOf({ ...PROVEN, delivered: [...(PROVEN.delivered ?? []), late] })).verdict, 'proven')
})

test('an alert that is not delivered fails, and is told how far it came', async () => {
  const reasonOf = async (alerts: NonNullable<Script['alerts']>) =>
    (await trialOf({ ...PROVEN, alerts, delivered: [] })).reasons
  const until = 5
  const words = 'PostgresDown of postgres was not delivered within 60 s'
  assert.deepEqual(await reasonOf([]), [`${words}: it was not even pending`])
  assert.deepEqual(await reasonOf([{ ...DOWN, from: 4, until }]), [
    `${words}: it was pending after 4 s and did not fire`,
  ])
  const fired = { ...DOWN, from: 4, firing: 6, until }
  assert.deepEqual(await reasonOf([fired]), [`${words}: it fired after 6 s`])
  assert.deepEqual(await reasonOf([{ ...fired, inhibited: true }]), [`${words}: it fired after 6 s, and was inhibited`])
})

test('what fired and was inhibited is taken down, and is no fault', async () => {
  const kept = { alert: 'NotReady', service: 'users', inhibited: true, from: 6, firing: 8, until: 5 }
  const trial = await trialOf({ ...PROVEN, alerts: [...(PROVEN.alerts ?? []), kept] })
  assert.deepEqual([trial.verdict, trial.inhibited], ['proven', ['NotReady of users']])
})

test('an alert that fires on, or is not told as resolved, fails after its time', async () => {
  const endless = await trialOf({ ...PROVEN, alerts: [{ ...DOWN, from: 5, firing: 15, until: 999 }] })
  assert.deepEqual(endless.reasons, ['PostgresDown of postgres still fires'])
  assert.equal(endless.resolvedAfter, undefined)
  const untold = await trialOf({ ...PROVEN, delivered: PROVEN.delivered?.slice(0, 1) ?? [] })
  assert.deepEqual(untold.reasons, ['PostgresDown of postgres was not told as resolved'])
  const again = { ...DOWN, status: 'firing' as const, afterRepair: 14 }
  const back = await trialOf({
    ...PROVEN,
    alerts: [{ ...DOWN, from: 5, firing: 15, until: 20 }],
    delivered: [...(PROVEN.delivered ?? []), again],
  })
  assert.deepEqual(back.reasons, ['PostgresDown of postgres was not told as resolved'])
})

test('a part that does not come back fails', async () => {
  assert.equal((await trialOf({ ...PROVEN, away: { name: 'users', until: 25 } })).resolvedAfter, 43)
  const gone = await trialOf({ ...PROVEN, away: { name: 'users', until: 99 } })
  assert.deepEqual([gone.reasons, gone.resolvedAfter], [['users is not ready'], undefined])
})

test('links that lead nowhere fail, each once', async () => {
  const trial = await trialOf({ ...PROVEN, links: { PostgresDown: 'PostgresDown: its runbook answers 404' } })
  assert.deepEqual(trial.reasons, ['PostgresDown: its runbook answers 404'])
})

test('nothing is broken before the system is at rest', async () => {
  const firing = { ...DOWN, state: 'firing' as const }
  const unrest: [Partial<Look>, RegExp][] = [
    [{ alerts: [firing] }, /^it was not made: before it PostgresDown of postgres fires$/],
    [{ away: ['users'] }, /users is not ready/],
    [{ sli: 0 }, /the indicator is 0 already/],
  ]
  for (const [look, reason] of unrest) {
    const { outcome, ended, at } = play([[FAULT, { ...PROVEN, before: { look, seconds: 60 } }]])
    await outcome
    assert.match(ended[0]?.reasons.join() ?? '', reason)
    assert.deepEqual([ended[0]?.verdict, at()[0]?.injected], ['failed', undefined])
  }
  assert.equal((await trialOf({ ...PROVEN, before: { look: { alerts: [firing] }, seconds: 12 } })).verdict, 'proven')
})

test('what is only pending is waited for, but not for ever', async () => {
  const pending = { ...DOWN, state: 'pending' as const }
  const { outcome, ended, at } = play([[FAULT, { ...PROVEN, before: { look: { alerts: [pending] }, seconds: 60 } }]])
  await outcome
  assert.deepEqual([ended[0]?.verdict, at()[0]?.injected], ['proven', 6])
})

test('what was delivered before the fault is kept apart', async () => {
  const told = { alert: 'RedisDown', service: 'redis', status: 'firing' as const, receivedAt: START }
  const trial = await trialOf({ ...PROVEN, before: { look: { delivered: [told, told] }, seconds: 1 } })
  assert.deepEqual([trial.verdict, trial.early], ['proven', [told]])
  assert.deepEqual(strayAlarms(trial.early, [{ alert: 'RedisDown' }]), [])
  const stray = strayAlarms(trial.early, [{ alert: 'RedisDown', service: 'users' }])
  assert.deepEqual(stray, ['RedisDown of redis'])
  const { verdict, reasons, falseAlarms } = blamed(trial, stray)
  assert.deepEqual([verdict, falseAlarms], ['failed', stray])
  assert.deepEqual(reasons, ['false alarm after it was over: RedisDown of redis'])
  assert.equal(blamed(trial, []), trial)
})

test('looks that fail for a while do no harm, and a system that cannot be seen is not at rest', async () => {
  assert.equal((await trialOf({ ...PROVEN, blind: [1, 4, 9, 25] })).verdict, 'proven')
  const blind = await trialOf({ ...PROVEN, blind: Array.from({ length: 99 }, (_, place) => place) })
  assert.match(blind.reasons.join(), /before it nothing to see: Prometheus does not answer/)
})

test('what cannot be made or repaired fails with its reason', async () => {
  const unmade = await trialOf({ cannotInject: 'postgres does not run' })
  assert.deepEqual(unmade.reasons, ['it was not made: postgres does not run'])
  const unmended = await trialOf({ ...PROVEN, cannotRepair: 'gone' })
  assert.deepEqual(unmended.reasons, ['it could not be repaired: gone'])
})

test('a proof that is stopped repairs first', async () => {
  const { outcome, at } = play([[FAULT, { ...PROVEN, stopAt: 4 }]])
  await assert.rejects(outcome, /stopped/)
  assert.equal(at()[0]?.repaired, 4)
})

test('with fast rules an alert has a third of its time and a minute, never more than the real one', () => {
  const { alertSeconds } = limitsOf('fast')
  assert.deepEqual([60, 90, 150, 660].map(alertSeconds), [60, 90, 110, 280])
  assert.equal(limitsOf('real').alertSeconds(660), 660)
})

test('detection is from the fault to its first alert that fires, of hard faults alone', async () => {
  const trial = await trialOf(PROVEN)
  const other = { ...trial, alerts: [{ alert: 'A', service: 's', withinSeconds: 9, firing: 31 }] }
  const silent = { ...trial, alerts: [{ alert: 'A', service: 's', withinSeconds: 9 }] }
  assert.deepEqual(detections([trial, other, silent, { ...other, hard: false }]), [15, 31])
  assert.deepEqual([medianOf([31, 15, 20]), medianOf([15, 31]), medianOf([])], [20, 23, undefined])
})
