import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { panelsOf, readCommitted } from '../../../observability/grafana/lint/dashboard-json.ts'
import { knownMetrics } from '../../../observability/grafana/lint/known-metrics.ts'
import { readPromql } from '../../../observability/grafana/lint/promql.ts'
import { SERVICE_NAMES } from '../../local/services.ts'
import { ROOT } from '../../local/settings.ts'
import { ATTACKS } from '../attacks/all.ts'
import { MATRIX } from './all.ts'

type Rules = { groups: { rules: { alert?: string; for?: string; labels?: { severity?: string } }[] }[] }

const OBSERVABILITY = join(ROOT, 'observability')

const rules = globSync(['prometheus/rules/*.yml', 'loki/rules/**/*.yml'], { cwd: OBSERVABILITY }).flatMap((file) =>
  (parse(readFileSync(join(OBSERVABILITY, file), 'utf8')) as Rules).groups.flatMap((group) => group.rules),
)
const alerts = new Map(rules.flatMap((rule) => (rule.alert === undefined ? [] : [[rule.alert, rule] as const])))

/** What `npm run ops` may start, as its state names it. */
const STORES = ['postgres', 'redis', 'kafka', 'elasticsearch', 'loki', 'tempo', 'bugsink']
const WATCHERS = ['prometheus', 'alertmanager', 'oncall', 'collector', 'spool', 'grafana']
const EXPORTERS = ['postgres', 'redis', 'node', 'blackbox', 'elasticsearch'].map((name) => `${name}-exporter`)
const PARTS = [...SERVICE_NAMES, ...STORES, ...WATCHERS, ...EXPORTERS]

/** What a series may have as `service`, as prometheus.yml and the rules set it. */
const SHOWN = [...PARTS, 'host', 'platform', 'probe', 'pipeline']

const secondsOf = (duration = '0s'): number => Number.parseInt(duration, 10) * (duration.endsWith('m') ? 60 : 1)

test('there are at least forty faults, and each has a name of its own', () => {
  assert.ok(MATRIX.length >= 40, `${MATRIX.length}`)
  assert.deepEqual(
    MATRIX.map(({ name }) => name).filter((name, at, all) => all.indexOf(name) !== at),
    [],
  )
  for (const { name } of MATRIX) assert.match(name, /^[a-z]+(-[a-z]+)*$/)
})

for (const fault of MATRIX) {
  test(`${fault.name} is told by alerts that there are, of things that there are`, () => {
    assert.ok(fault.alerts.length > 0)
    for (const { alert, service } of [...fault.alerts, ...(fault.mayFire ?? [])]) {
      assert.ok(alerts.has(alert), `no rule is called ${alert}`)
      if (service !== undefined) assert.ok(SHOWN.includes(service), `nothing is scraped as ${service}`)
      assert.ok(existsSync(join(OBSERVABILITY, 'runbooks', `${alert}.md`)), `${alert} has no runbook`)
    }
    const follows = (fault.mayFire ?? []).filter((may) =>
      fault.alerts.some(({ alert, service }) => alert === may.alert && service === may.service),
    )
    assert.deepEqual(follows, [], 'what must come is not listed among what may')
  })

  test(`${fault.name} is not promised sooner than its alerts can come`, () => {
    for (const { alert, withinSeconds } of fault.alerts) {
      // Two rules of one name differ by severity; the sooner of them counts.
      const least = Math.min(...rules.filter((rule) => rule.alert === alert).map((rule) => secondsOf(rule.for)))
      // A scrape, an evaluation and the shortest wait of a group.
      assert.ok(withinSeconds >= least + 15, `${alert} holds for ${least} s first`)
    }
  })

  test(`${fault.name} shows in a panel that there is`, () => {
    const { dashboard } = readCommitted().find(({ dashboard: { uid } }) => uid === fault.see.dashboard) ?? {}
    assert.ok(dashboard, `no dashboard is called ${fault.see.dashboard}`)
    assert.ok(
      panelsOf(dashboard).some(({ title }) => title === fault.see.panel),
      `${fault.see.dashboard} has no panel "${fault.see.panel}"`,
    )
  })

  test(`${fault.name} moves an indicator that Prometheus can be asked for`, async () => {
    const known = await knownMetrics()
    const unknown = [...readPromql(fault.sli.query).metrics].filter((name) => !known.has(name))
    assert.deepEqual(unknown, [])
    assert.ok(Number.isFinite(fault.sli.bound))
  })

  test(`${fault.name} is made by something that there is`, () => {
    const { injection } = fault
    if (injection.by === 'attack') assert.ok(Object.hasOwn(ATTACKS, injection.name), injection.name)
    if ('part' in injection) assert.ok(PARTS.includes(injection.part), injection.part)
    if ('flag' in injection) {
      const file = join(ROOT, 'platform/src/faults/flags.flagd.json')
      const { flags } = JSON.parse(readFileSync(file, 'utf8')) as {
        flags: Record<string, { variants: Record<string, unknown> }>
      }
      assert.ok(Object.hasOwn(flags[injection.flag]?.variants ?? {}, injection.variant), injection.flag)
      assert.notEqual(injection.variant, 'off')
    }
  })
}

test('every attack is used', () =>
  assert.deepEqual(
    Object.keys(ATTACKS).filter(
      (name) => !MATRIX.some(({ injection }) => injection.by === 'attack' && injection.name === name),
    ),
    [],
  ))

test('every service is killed once and stopped once', () => {
  for (const service of SERVICE_NAMES) {
    for (const by of ['kill', 'stop']) {
      assert.ok(
        MATRIX.some(({ injection }) => injection.by === by && 'part' in injection && injection.part === service),
        `${by} ${service}`,
      )
    }
  }
})
