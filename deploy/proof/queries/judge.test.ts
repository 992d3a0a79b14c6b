import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DashboardAnswer, PanelAnswer } from '../../ops/queries/ask.ts'
import { readDashboards } from '../../ops/queries/dashboards.ts'
import type { TextAnswer } from '../../ops/queries/pages.ts'
import { MATRIX } from '../../faults/matrix/all.ts'
import { EMPTY_IN_HEALTH, RECORDS_EMPTY_IN_HEALTH } from './empty-in-health.ts'
import { rangeOf } from './gather.ts'
import { judge } from './judge.ts'
import { answeredWith, panelWith, seriesAnswer } from './view/fixtures.ts'

const alive = answeredWith(panelWith({ title: 'Alive' }), [seriesAnswer([{}, [[0, 1]]])])
const empty: PanelAnswer = { ...answeredWith(panelWith({ title: 'Empty' }), [seriesAnswer()]), found: 0 }
const faulty: PanelAnswer = { ...empty, faults: ['A: 400 parse error'] }

const dashboardOf = (panels: readonly PanelAnswer[], values: readonly string[] = ['users']): DashboardAnswer => ({
  dashboard: {
    uid: 'd',
    title: 'D',
    folder: 'Platform',
    rows: [],
    panels: panels.map(({ panel }) => panel),
    variables: [{ name: 'service', type: 'query', datasource: { type: 'prometheus', uid: 'p' } }],
    annotations: [],
  },
  chosen: new Map([['service', values]]),
  panels,
  annotations: [],
})

const verdictsOf = (dashboard: DashboardAnswer, o: Partial<Parameters<typeof judge>[1]> = {}): string[] =>
  judge({ dashboards: [dashboard], texts: [] }, { absent: {}, listed: [], ...o }).map(
    ({ what, verdict }) => `${verdict} ${what}`,
  )

test('a dashboard all of whose panels are alive is one finding', () => {
  assert.deepEqual(verdictsOf(dashboardOf([alive])), ['proven d: 1 query answered, 1 panel alive'])
})

test('a panel that is empty fails unless it is listed, and one whose query failed fails although it is', () => {
  const listed = [{ dashboard: 'd', panel: 'Empty', because: 'so', fault: 'users-killed' }]
  assert.deepEqual(verdictsOf(dashboardOf([alive, empty])), ['failed d: Empty'])
  assert.deepEqual(verdictsOf(dashboardOf([alive, empty]), { listed }), ['proven d: 2 queries answered, 1 panel alive'])
  assert.deepEqual(verdictsOf(dashboardOf([faulty]), { listed }), ['failed d: Empty'])
})

test('what asks a store that is not in this run is not proven, whatever came back', () => {
  const absent = { prometheus: 'prometheus was left out' }
  assert.deepEqual(verdictsOf(dashboardOf([faulty, empty]), { absent }), ['not proven d: Empty', 'not proven d: Empty'])
})

test('a variable without a value fails', () => {
  assert.deepEqual(verdictsOf(dashboardOf([alive], [])), ['failed d: the variable service'])
})

const text = (o: Partial<TextAnswer>): TextAnswer => ({
  where: 'TargetDown',
  kind: 'runbook',
  language: 'promql',
  query: 'up',
  found: 1,
  fault: undefined,
  ...o,
})

const textVerdicts = (...texts: TextAnswer[]): string[] =>
  judge({ dashboards: [], texts }, { absent: {}, listed: [] }).map(({ what, verdict }) => `${verdict} ${what}`)

test('a query of a runbook may answer nothing but must be answered', () => {
  assert.deepEqual(textVerdicts(text({ found: 0 })), ['proven 1 of 1 queries of runbooks answered'])
  assert.deepEqual(textVerdicts(text({ fault: '400' })), ['failed TargetDown: up'])
})

test('a recorded series has data under one of its rules, unless it counts what goes wrong', () => {
  const record = (where: string, found: number): TextAnswer => text({ kind: 'record', where, found })
  const good = 'proven 2 of 2 expressions of recorded series answered'
  assert.deepEqual(textVerdicts(record('a:b:rate1m', 0), record('a:b:rate1m', 3)), [good])
  assert.deepEqual(textVerdicts(record('a:b:rate1m', 0), record(`${RECORDS_EMPTY_IN_HEALTH[0]}:rate2m`, 0)), [
    good,
    'failed the recorded series a:b:rate1m',
  ])
})

test('every panel that may be empty is on a dashboard once, and its fault is in the matrix', async () => {
  const dashboards = await readDashboards()
  const faults = new Set(MATRIX.map(({ name }) => name))
  const keys = EMPTY_IN_HEALTH.map(({ dashboard, panel }) => `${dashboard} ${panel}`)
  assert.equal(new Set(keys).size, keys.length)
  for (const { dashboard, panel, fault } of EMPTY_IN_HEALTH) {
    const found = dashboards.find(({ uid }) => uid === dashboard)?.panels.some(({ title }) => title === panel)
    assert.ok(found, `${dashboard} has no panel "${panel}"`)
    if (fault !== undefined) assert.ok(faults.has(fault), `no fault is called ${fault}`)
  }
})

test('a range begins at a step, which is longer the longer the range', () => {
  assert.deepEqual(rangeOf(1007.5, 1907.9), { from: 1005, to: 1907, stepSeconds: 15 })
  assert.equal(rangeOf(0, 7200).stepSeconds, 60)
})
