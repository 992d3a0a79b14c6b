import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fault } from '../../faults/fault.ts'
import { play, START, type Script } from './fakes.ts'
import type { HoldsBack } from './inhibitions.ts'

const faultOf = (name: string, alert: string, service: string, mayFire: Fault['mayFire'] = []): Fault => ({
  name,
  breaks: 'It is gone.',
  see: { dashboard: 'x', panel: 'Up' },
  injection: { by: 'stop', part: service },
  sli: { query: 'up', is: 'below', bound: 1 },
  alerts: [{ alert, service, withinSeconds: 60 }],
  mayFire,
  hard: true,
})
const MAY_FIRE = [{ alert: 'NotReady' }]
const POSTGRES = faultOf('postgres', 'PostgresDown', 'postgres', MAY_FIRE)
const REDIS = faultOf('redis', 'RedisDown', 'redis')
const KAFKA = faultOf('kafka', 'KafkaBrokerDown', 'kafka')

/** Delivered, and so repaired, after 18 s; fires for 10 s more, and is told as resolved 12 s after the repair. */
const scriptOf = ({ alerts: [named] }: Fault, more: Script = {}): Script => {
  const told = { alert: named?.alert ?? '', service: named?.service ?? '', inhibited: false }
  return {
    sli: { from: 2, until: 0 },
    ...more,
    alerts: [{ ...told, from: 5, firing: 15, until: 10 }, ...(more.alerts ?? [])],
    delivered: [
      { ...told, status: 'firing', at: 18 },
      { ...told, status: 'resolved', afterRepair: 12 },
      ...(more.delivered ?? []),
    ],
  }
}

/** What came of faults that were tried in turn; without a script each goes well. */
const tried = async (acts: readonly (readonly [Fault, Script?])[], holdsBack?: HoldsBack) => {
  const { outcome, ended, at } = play(
    acts.map(([fault, script]) => [fault, script ?? scriptOf(fault)] as const),
    holdsBack,
  )
  const ownerless = await outcome
  assert.equal(ended.length, acts.length, 'each ends once')
  const reasons = Object.fromEntries(ended.map((trial) => [trial.fault, trial.reasons]))
  const trials = Object.fromEntries(ended.map((trial) => [trial.fault, trial]))
  return { reasons, trials, ownerless, injected: at().map(({ injected }) => injected) }
}

const firing = (alert: string, service: string, when: { at?: number; afterRepair?: number; startsAt?: number }) => ({
  ...when,
  alert,
  service,
  status: 'firing' as const,
})
const seen = (alert: string, service: string) => ({ alert, service, inhibited: false })

const by =
  (one: string, other: string): HoldsBack =>
  (source, target) =>
    source.alert === one && target.alert === other

test('a fault is made while the alerts of the one before are on their way to being resolved', async () => {
  const { reasons, trials, injected, ownerless } = await tried([[POSTGRES], [REDIS], [KAFKA]])
  assert.deepEqual(reasons, { postgres: [], redis: [], kafka: [] })
  assert.deepEqual(injected, [0, 18, 36])
  for (const trial of Object.values(trials)) {
    assert.deepEqual([trial.verdict, trial.repairedAfter, trial.resolvedAfter], ['proven', 18, 30], trial.fault)
    assert.deepEqual([trial.early, trial.followed, trial.inhibited, trial.falseAlarms], [[], [], [], []])
  }
  assert.deepEqual(ownerless, [])
})

test('nothing is made before everything is ready again', async () => {
  const { injected } = await tried([[POSTGRES, scriptOf(POSTGRES, { away: { name: 'users', until: 7 } })], [REDIS]])
  assert.deepEqual(injected, [0, 25])
})

test('a fault waits for what could be taken for its own: until it is told as resolved', async () => {
  const waits = [
    POSTGRES,
    faultOf('replica', 'RedisDown', 'redis', [{ alert: 'PostgresDown' }]),
    faultOf('replica', 'RedisDown', 'redis', [{ alert: 'PostgresDown', service: 'postgres' }]),
  ].map((fault) => ({ ...fault, name: 'next' }))
  for (const next of waits) {
    const { reasons, injected } = await tried([[POSTGRES], [next]])
    assert.deepEqual([reasons, injected], [{ postgres: [], next: [] }, [0, 30]])
  }
  const other = faultOf('next', 'PostgresDown', 'replica', [{ alert: 'NotReady', service: 'users' }])
  assert.deepEqual((await tried([[POSTGRES], [other]])).injected, [0, 18])
})

test('an alert of no service may be of any', async () => {
  const unknown = scriptOf(POSTGRES, { alerts: [{ ...seen('NotReady', ''), from: 6, firing: 7, until: 9 }] })
  const next = faultOf('next', 'NotReady', 'users')
  assert.deepEqual((await tried([[POSTGRES, unknown], [next]])).injected, [0, 27])
})

test('a fault waits while its alert would be held back, or would keep the end of the one before from being told', async () => {
  const waits = async (one: string, other: string) => (await tried([[POSTGRES], [REDIS]], by(one, other))).injected
  assert.deepEqual(await waits('PostgresDown', 'RedisDown'), [0, 28])
  assert.deepEqual(await waits('RedisDown', 'PostgresDown'), [0, 30])
  assert.deepEqual(await waits('PostgresDown', 'KafkaBrokerDown'), [0, 18])
})

test('what is pending of the one before is not waited for, unless it could be taken for its own', async () => {
  const pending = scriptOf(POSTGRES, { alerts: [{ ...seen('NotReady', 'posts'), from: 6, until: 4 }] })
  assert.deepEqual((await tried([[POSTGRES, pending], [REDIS]])).injected, [0, 18])
  const same = faultOf('next', 'RedisDown', 'redis', MAY_FIRE)
  assert.deepEqual((await tried([[POSTGRES, pending], [same]])).injected, [0, 22])
})

test('an alert that is never resolved fails its own fault alone', async () => {
  const endless = scriptOf(POSTGRES)
  const [named] = endless.alerts ?? []
  const script = { ...endless, alerts: named ? [{ ...named, until: 999 }] : [] }
  const { reasons, trials, injected } = await tried([
    [POSTGRES, script],
    [REDIS],
    [KAFKA],
    [{ ...REDIS, name: 'again' }],
  ])
  const words = ['PostgresDown of postgres still fires']
  assert.deepEqual(reasons, { postgres: words, redis: [], kafka: [], again: [] })
  assert.deepEqual(injected, [0, 18, 36, 54])
  assert.equal(trials['postgres']?.resolvedAfter, undefined)
  // What would be mixed up with it is not made.
  const { reasons: same } = await tried([[POSTGRES, script], [{ ...POSTGRES, name: 'same' }]])
  assert.deepEqual(same, { postgres: words, same: ['it was not made: before it PostgresDown of postgres fires'] })
})

test('a fault that failed is no longer waited for, and accounts only for what still fires', async () => {
  const { delivered = [], ...script } = scriptOf(POSTGRES)
  const untold = { ...script, delivered: delivered.slice(0, 1) }
  const endless = { ...untold, alerts: script.alerts?.map((each) => ({ ...each, until: 999 })) ?? [] }
  const end = await tried([[POSTGRES, endless], [REDIS]], by('RedisDown', 'PostgresDown'))
  assert.deepEqual([end.injected, end.reasons['redis']], [[0, 49], []])
  const last = { ...REDIS, name: 'last' }
  const stray = scriptOf(last, { delivered: [firing('NotReady', 'posts', { at: 3 })] })
  const { reasons } = await tried([[POSTGRES, untold], [REDIS], [KAFKA], [last, stray]])
  assert.deepEqual(reasons['postgres'], ['PostgresDown of postgres was not told as resolved'])
  assert.deepEqual(reasons['last'], ['false alarm: NotReady of posts'])
})

test('the time of a tail is not taken from the fault that waits for it', async () => {
  const named = POSTGRES.alerts.map(({ alert, service }) => ({
    ...seen(alert, service),
    from: 5,
    firing: 15,
    until: 29,
  }))
  const late = { ...scriptOf(POSTGRES), alerts: named }
  const { reasons, injected } = await tried([[POSTGRES, late], [{ ...POSTGRES, name: 'same' }]])
  assert.deepEqual([reasons, injected], [{ postgres: [], same: [] }, [0, 47]])
})

test('what follows from the one before is its, whenever it is told, and is waited for', async () => {
  const late = scriptOf(POSTGRES, {
    alerts: [{ ...seen('NotReady', 'posts'), from: 19, firing: 20, until: 20 }],
    delivered: [firing('NotReady', 'posts', { afterRepair: 4 })],
    links: { NotReady: 'no such runbook' },
  })
  const { reasons, trials, injected } = await tried([[POSTGRES, late], [REDIS]])
  assert.deepEqual(injected, [0, 18])
  assert.deepEqual([reasons, trials['redis']?.followed], [{ postgres: ['no such runbook'], redis: [] }, []])
  assert.deepEqual([trials['postgres']?.followed, trials['postgres']?.resolvedAfter], [['NotReady of posts'], 38])
})

test('what nobody accounts for is a false alarm of the fault in whose time it began', async () => {
  const stray = (startsAt?: number) =>
    scriptOf(REDIS, {
      delivered: [firing('FatalLines', 'auth', { at: 3, ...(startsAt !== undefined && { startsAt }) })],
    })
  const words = ['false alarm: FatalLines of auth']
  assert.deepEqual((await tried([[POSTGRES], [REDIS, stray()]])).reasons, { postgres: [], redis: words })
  const before = await tried([[POSTGRES], [REDIS, stray(START + 17_000)]])
  assert.deepEqual(before.reasons, { postgres: words, redis: [] })
})

test('what began before every fault is told of none', async () => {
  const old = scriptOf(POSTGRES, { delivered: [firing('FatalLines', 'auth', { at: 3, startsAt: START - 5000 })] })
  const { reasons, trials } = await tried([[POSTGRES, old], [REDIS]])
  assert.deepEqual([reasons, trials['redis']?.early], [{ postgres: [], redis: [] }, []])
})

test('what nobody accounts for is waited for until it is told, or known to be held back', async () => {
  const fires = { ...seen('FatalLines', 'auth'), from: 16, firing: 17, until: 9 }
  const untold = await tried([[POSTGRES, scriptOf(POSTGRES, { alerts: [fires] })], [REDIS]])
  assert.deepEqual([untold.injected, untold.reasons], [[0, 27], { postgres: [], redis: [] }])
  const delivered = [firing('FatalLines', 'auth', { afterRepair: 3, startsAt: START + 17_000 })]
  const told = await tried([[POSTGRES, scriptOf(POSTGRES, { alerts: [fires], delivered })], [REDIS]])
  const words = ['false alarm: FatalLines of auth']
  assert.deepEqual([told.injected, told.reasons], [[0, 21], { postgres: words, redis: [] }])
  const kept = scriptOf(POSTGRES, { alerts: [{ ...fires, inhibited: true, until: 20 }] })
  const { injected, trials } = await tried([[POSTGRES, kept], [REDIS]])
  assert.deepEqual(injected, [0, 18])
  assert.deepEqual([trials['postgres']?.inhibited, trials['redis']?.inhibited], [['FatalLines of auth'], []])
  assert.deepEqual([trials['postgres']?.resolvedAfter, trials['redis']?.resolvedAfter], [38, 30])
})

test('an alert that two faults allow is of the younger one, once that is made', async () => {
  const next = faultOf('next', 'RedisDown', 'redis', MAY_FIRE)
  const script = scriptOf(next, {
    alerts: [{ ...seen('NotReady', 'posts'), from: 4, firing: 6, until: 15 }],
    delivered: [firing('NotReady', 'posts', { at: 7 })],
  })
  const { trials } = await tried([[POSTGRES], [next, script]])
  assert.deepEqual([trials['postgres']?.followed, trials['next']?.followed], [[], ['NotReady of posts']])
  assert.deepEqual([trials['postgres']?.resolvedAfter, trials['next']?.resolvedAfter], [30, 33])
})

test('what comes after the last fault is over, while an older one is not, is of none that is open', async () => {
  const script = scriptOf(POSTGRES, { alerts: [{ ...seen('NotReady', 'posts'), from: 6, firing: 7, until: 29 }] })
  const short: Script = {
    sli: { from: 1, until: 0 },
    delivered: [
      firing('RedisDown', 'redis', { at: 2 }),
      { ...seen('RedisDown', 'redis'), status: 'resolved', afterRepair: 1 },
      firing('FatalLines', 'auth', { afterRepair: 9 }),
    ],
  }
  const { reasons, ownerless } = await tried([
    [POSTGRES, script],
    [REDIS, short],
  ])
  assert.deepEqual(reasons, { redis: [], postgres: [] })
  assert.deepEqual(
    ownerless.map(({ alert }) => alert),
    ['FatalLines'],
  )
})

test('a proof that is stopped repairs the fault that is made, and ends no tail', async () => {
  const { outcome, ended, at } = play([
    [POSTGRES, scriptOf(POSTGRES)],
    [REDIS, scriptOf(REDIS, { stopAt: 4 })],
  ])
  await assert.rejects(outcome, /stopped/)
  assert.deepEqual(
    at().map(({ repaired }) => repaired),
    [18, 22],
  )
  assert.deepEqual(ended, [])
})

test('what is pending of the one before may still fire, and is then its own', async () => {
  const late = { ...seen('NotReady', 'posts'), from: 16, firing: 40, until: 30 }
  const told = firing('NotReady', 'posts', { afterRepair: 22 })
  const script = scriptOf(POSTGRES, { alerts: [late], delivered: [told] })
  const { reasons, trials } = await tried([[POSTGRES, script], [REDIS]])
  assert.deepEqual(reasons, { postgres: [], redis: [] })
  assert.deepEqual([trials['postgres']?.followed, trials['postgres']?.resolvedAfter], [['NotReady of posts'], 48])
})

test('an end that takes long is waited for as long as the fault says', async () => {
  const endless = scriptOf(POSTGRES, { alerts: [{ ...seen('NotReady', 'posts'), from: 16, firing: 17, until: 50 }] })
  const { reasons } = await tried([[POSTGRES, endless], [REDIS]])
  assert.deepEqual(reasons['postgres'], ['NotReady of posts still fires'])
  const patient = { ...POSTGRES, resolvesWithinSeconds: 60 }
  assert.deepEqual((await tried([[patient, endless], [REDIS]])).reasons['postgres'], [])
})
