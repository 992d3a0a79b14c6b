import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse, stringify } from 'yaml'
import { secondsOf } from '../slo/slo.ts'
import { fastAlertmanager, writeFastLokiRules, writeFastPrometheusRules } from './fast.ts'

type Rule = {
  alert?: string
  record?: string
  expr: string
  for?: string
  keep_firing_for?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}
type RuleFile = { groups: { name: string; interval?: string; rules: Rule[] }[] }

const room = fileURLToPath(new URL('..', import.meta.url))
let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pharos-fast-'))
  await writeFastPrometheusRules(join(folder, 'prometheus'))
  await writeFastLokiRules(join(folder, 'loki'))
})
after(() => rm(folder, { recursive: true, force: true }))

const readRules = async (file: string): Promise<Rule[]> =>
  (parse(await readFile(file, 'utf8')) as RuleFile).groups.flatMap(({ rules }) => rules)

const promtool = async (...args: string[]): Promise<void> => {
  try {
    await promisify(execFile)('promtool', args)
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string }
    assert.fail(code === 'ENOENT' ? 'promtool is missing: sudo apt-get install -y prometheus' : `${stderr}${stdout}`)
  }
}

/** Every rule with its shortened self, but for those of the service levels. */
const pairs = async (): Promise<[Rule, Rule][]> => {
  const files = [
    ...globSync('prometheus/rules/*.yml', { cwd: room }).filter((file) => basename(file) !== 'slo.yml'),
    ...globSync('loki/rules/*/*.yml', { cwd: room }),
  ]
  const all: [Rule, Rule][] = []
  for (const file of files) {
    const [real, fast] = [
      await readRules(join(room, file)),
      await readRules(join(folder, file.replace('/rules/', '/'))),
    ]
    assert.equal(fast.length, real.length, file)
    real.forEach((rule, place) => all.push([rule, fast[place] as Rule]))
  }
  assert.ok(all.length > 100)
  return all
}

test('Prometheus takes every shortened rule', () =>
  promtool('check', 'rules', '--lint-fatal', ...globSync(`${folder}/prometheus/*.yml`)))

test('names, labels and sentences are those of before', async () => {
  const kept = ({ alert, record, labels, annotations }: Rule) => ({ alert, record, labels, annotations })
  for (const [real, fast] of await pairs()) assert.deepEqual(kept(fast), kept(real))
})

const NUMBER = /(?<![\w.])(\d+(?:\.\d+)?)(?:[smhd]\b)?/g
const UNHURRIED = ['LogStoresDiverge', 'exporter:log_records_sent:increase10m', 'ConsumerStalled']

test('windows become a sixth, but not less than four scrapes, and of the rest only the listed guards change', async () => {
  const guards: string[] = []
  let windows = 0
  for (const [real, fast] of await pairs()) {
    const name = real.alert ?? real.record ?? ''
    assert.equal(fast.expr.replaceAll(NUMBER, '#'), real.expr.replaceAll(NUMBER, '#'), name)
    const numbers = (expr: string): string[] => [...expr.matchAll(NUMBER)].map(([text]) => text)
    const shortened = numbers(fast.expr)
    numbers(real.expr).forEach((whole, place) => {
      const now = shortened[place] ?? ''
      if (!/[smhd]$/.test(whole)) {
        if (now !== whole) guards.push(`${name} ${whole} ${now}`)
      } else if (UNHURRIED.includes(name)) {
        assert.equal(now, whole, name)
      } else {
        windows += 1
        assert.equal(secondsOf(now), Math.max(20, secondsOf(whole) / 6), name)
      }
    })
  }
  assert.ok(windows > 100)
  assert.deepEqual(guards.toSorted(), [
    'DeadLetters 600 100',
    'DependencyErrors 0.05 0.075',
    'DuplicatesHigh 50 8.33',
    'ErrorEventsDropped 20 3.33',
    'ErrorRatioHigh 0.05 0.075',
    'EventAgeHigh 20 3.33',
    'HeapGrowing 3 1.5',
    'HeapGrowing 3600 600',
    'HeapGrowing 600 100',
    'HostDiskFilling 3600 600',
    'LogStoresDiverge 100 16.7',
    'LoginFailureSpike 20 3.33',
    'LogsMissing 12 2',
    'LogsWithoutTraceId 10 1.67',
    'LokiErrors 100 16.7',
    'LokiErrors 5 1.5',
    'NoTraffic 120 20',
    'NotificationDelay 10 1.67',
    'PostgresDeadlocks 2 1.5',
    'RedisSlow 0.05 0.075',
    'RegistrationsStopped 10 1.67',
    'RegistrationsStopped 3 1.5',
    'RuleEvaluationFailing 6 1.5',
    'SpansDropped 20 3.33',
    'SpansDropped 20 3.33',
  ])
})

test('what must hold for a while still must, for a sixth of it or for a window that it outlasted', async () => {
  const outlasting: string[] = []
  for (const [real, fast] of await pairs()) {
    assert.equal(fast.for === undefined, real.for === undefined)
    if (real.for !== undefined && fast.for !== undefined) {
      const sixth = Math.max(5, Math.ceil(secondsOf(real.for) / 6))
      if (secondsOf(fast.for) !== sixth) outlasting.push(`${real.alert} ${fast.for}`)
    }
    if (real.keep_firing_for !== undefined) assert.equal(secondsOf(fast.keep_firing_for ?? '0s'), 25)
  }
  assert.deepEqual(outlasting.toSorted(), [
    'CollectorExportFailing 20s',
    'CollectorRefusing 20s',
    'DependencyErrors 20s',
    'ErrorRatioHigh 20s',
    'LatencyP99High 20s',
    'LoadShedding 20s',
    'PoolWaitHigh 20s',
    'RedisSlow 20s',
    'RetryStorm 20s',
    'ScrapeSlow 20s',
    'SlowStatements 20s',
  ])
})

test('the service levels record the same names, and each has the alert of its shortest windows', async () => {
  const [real, fast] = await Promise.all([
    readRules(join(room, 'prometheus/rules/slo.yml')),
    readRules(join(folder, 'prometheus/slo.yml')),
  ])
  const withoutExpression = (rule: Rule): Rule => ({ ...rule, expr: '' })
  const kept = real.filter(({ labels }) => labels?.['window'] === undefined || labels['window'] === '1h')
  assert.ok(kept.length < real.length)
  assert.deepEqual(fast.map(withoutExpression), kept.map(withoutExpression))
  for (const { expr } of fast) {
    for (const [, window = ''] of expr.matchAll(/(?:\[|offset )(\d+[smhd])/g)) assert.ok(secondsOf(window) <= 360, expr)
  }
})

test('Alertmanager tells at once what it told after a while, by the same routes and inhibitions', async () => {
  const text = await readFile(join(room, 'alertmanager/alertmanager.yml'), 'utf8')
  const fast = fastAlertmanager(text)
  const waits = (configuration: string): string[] =>
    [...configuration.matchAll(/group_(?:wait|interval): .*/g)].map(([line]) => line)
  assert.deepEqual(waits(fast), [
    'group_wait: 1s',
    'group_interval: 5s',
    'group_wait: 0s',
    'group_interval: 20s',
    'group_wait: 1s',
    'group_interval: 5s',
  ])
  const others = (configuration: string): unknown =>
    JSON.parse(JSON.stringify(parse(configuration)).replaceAll(/"group_(?:wait|interval)":"\w+"/g, '"":0'))
  assert.deepEqual(others(fast), others(text))
})

type Story = { input_series: { series: string; values: string }[]; alert_rule_test: object[] }

/** Whether an alert of a service fires, at so many seconds. */
const at = (seconds: number, alertname: string, fires: boolean) => ({
  eval_time: `${seconds}s`,
  alertname,
  exp_alerts: fires ? [{ exp_labels: { severity: 'critical', service: 'users', instance: 'a', job: 'services' } }] : [],
})

/** Runs stories on the rules without their sentences, which are tested where the rules are. */
const tell = async (stories: readonly Story[]): Promise<void> => {
  const file = parse(await readFile(join(folder, 'prometheus/targets.yml'), 'utf8')) as RuleFile
  const groups = file.groups.map(({ name, rules }) => ({
    name,
    rules: rules.map((rule) => ({ ...rule, annotations: {} })),
  }))
  await writeFile(join(folder, 'bare.yml'), stringify({ groups }))
  const tests = stories.map((story) => ({ interval: '5s', ...story }))
  await writeFile(join(folder, 'story.yml'), stringify({ rule_files: ['bare.yml'], evaluation_interval: '5s', tests }))
  await promtool('test', 'rules', join(folder, 'story.yml'))
}

const up = (values: string): Story['input_series'] => [
  { series: 'up{job="services",service="users",instance="a"}', values },
]

test('a service that is down is told after ten seconds, and no longer half a minute after it is back', async () => {
  const story = {
    input_series: up('1x2 0x4 1x20'),
    alert_rule_test: [
      at(15, 'TargetDown', false),
      at(25, 'TargetDown', true),
      at(55, 'TargetDown', true),
      at(70, 'TargetDown', false),
    ],
  }
  await tell([story])
  // With a moment at which it cannot fire yet, the same story fails.
  await assert.rejects(tell([{ ...story, alert_rule_test: [at(20, 'TargetDown', true)] }]), /FAILED/)
})
