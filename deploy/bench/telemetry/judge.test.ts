import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Measured } from '../report.ts'
import { judgeBudgets, judgeRise } from './judge.ts'
import { measuredOf } from '../slices-fixture.ts'

/** The machine's pace doubles and halves between rounds. */
const PACE = [1, 2, 1.1, 1.9, 1.2, 1.7, 1.4, 1.5, 1.3]
const rounds = (cost: number): number[] => PACE.map((pace) => pace * cost)

describe('a budget', () => {
  const judge = (all: readonly number[], tenth: readonly number[] = rounds(110)) =>
    judgeBudgets([measuredOf('off', rounds(100)), measuredOf('all', all), measuredOf('all-10%', tenth)])

  test('is kept when the whole interval is within it, whatever the pace of the machine', () => {
    const [all, tenth] = judge(rounds(150))
    assert.deepEqual([all?.passed, all?.verdict, all?.multiple?.median], [true, 'kept', 1.5])
    assert.deepEqual([tenth?.passed, tenth?.verdict], [true, 'kept'])
  })

  test('is exceeded when the whole interval is above it', () => {
    const [all, tenth] = judge(rounds(210), rounds(145))
    assert.deepEqual([all?.passed, all?.verdict], [false, 'exceeded'])
    assert.deepEqual([tenth?.passed, tenth?.verdict], [false, 'exceeded'])
  })

  test('that the interval crosses is not proven, which is not kept', () => {
    const [all] = judge(PACE.map((pace, round) => pace * (round % 2 === 0 ? 150 : 250)))
    assert.equal(all?.passed, false)
    assert.match(all?.verdict ?? '', /^not proven: the interval crosses it/)
  })

  test('is not proven by a few rounds', () => {
    const [all] = judgeBudgets([
      measuredOf('off', [100, 100]),
      measuredOf('all', [120, 120]),
      measuredOf('all-10%', [110, 110]),
    ])
    assert.deepEqual([all?.passed, all?.verdict], [false, 'not proven: fewer than 6 rounds prove nothing'])
  })

  test('of what was not measured is no verdict', () =>
    assert.throws(() => judgeBudgets([measuredOf('off', rounds(100))]), /"all" was not measured/))
})

describe('a comparison', () => {
  const compared = (o: { offNow: number[]; allNow: number[] }): Measured[] => [
    measuredOf('off', rounds(100), { name: 'off-before' }),
    measuredOf('off', o.offNow, { name: 'off-now' }),
    measuredOf('all', rounds(150), { name: 'all-before' }),
    measuredOf('all', o.allNow, { name: 'all-now' }),
  ]
  const verdicts = (o: { offNow: number[]; allNow: number[] }): [boolean, string][] =>
    judgeRise(compared(o)).map(({ passed, verdict }) => [passed, verdict])

  test('of the same is no rise', () =>
    assert.deepEqual(verdicts({ offNow: rounds(101), allNow: rounds(151) }), [
      [true, 'not dearer'],
      [true, 'not dearer'],
      [true, 'not dearer'],
    ]))

  test('finds dearer telemetry, also where it is a small part of a request', () => {
    const [off, all, telemetry] = judgeRise(compared({ offNow: rounds(100), allNow: rounds(160) }))
    assert.deepEqual([off?.verdict, all?.verdict], ['not dearer', 'not dearer'])
    assert.deepEqual([telemetry?.passed, telemetry?.verdict], [false, 'dearer, by more than the noise'])
    assert.deepEqual([telemetry?.before, telemetry?.now], [70, 84], 'at the median pace of 1.4')
  })

  test('finds a dearer request, and does not blame telemetry for it', () => {
    const [off, all, telemetry] = judgeRise(compared({ offNow: rounds(130), allNow: rounds(180) }))
    assert.deepEqual([off?.passed, all?.passed, telemetry?.passed], [false, false, true])
  })

  test('does not fail for noise, and does not call it proven', () => {
    const noisy = PACE.map((pace, round) => pace * (round % 2 === 0 ? 190 : 130))
    const [, , telemetry] = judgeRise(compared({ offNow: rounds(100), allNow: noisy }))
    assert.deepEqual([telemetry?.passed, telemetry?.verdict], [true, 'nothing that noise does not explain'])
  })

  test('of a few rounds does not pass', () => {
    const few = ['off-before', 'off-now', 'all-before', 'all-now'].map((name) => measuredOf('off', [100], { name }))
    assert.ok(judgeRise(few).every(({ passed }) => !passed))
  })
})
