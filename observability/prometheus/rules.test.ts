import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { z } from 'zod'

const here = fileURLToPath(new URL('.', import.meta.url))
const room = fileURLToPath(new URL('..', import.meta.url))
const filesOf = (folder: string): string[] => globSync(`${here}${folder}/*.yml`).toSorted()

const texts = z.record(z.string(), z.string())
const alertRule = z.object({
  alert: z.string(),
  expr: z.string(),
  labels: texts.default({}),
  annotations: texts.default({}),
})
const ruleFile = z.object({
  groups: z.array(
    z.object({ name: z.string(), rules: z.array(z.union([alertRule, z.object({ record: z.string() })])) }),
  ),
})
const expectation = z.object({
  alertname: z.string(),
  eval_time: z.string(),
  exp_alerts: z.array(z.object({ exp_labels: texts, exp_annotations: texts })).default([]),
})
const testFile = z.object({ tests: z.array(z.object({ alert_rule_test: z.array(expectation).default([]) })) })

type Alert = z.output<typeof alertRule> & { readonly group: string }
type Expectation = z.output<typeof expectation>

const readYaml = async <S extends z.ZodType>(file: string, schema: S): Promise<z.output<S>> =>
  schema.parse(parse(await readFile(file, 'utf8')))

const ruleFiles = filesOf('rules')
const testFiles = filesOf('tests')
const alerts: Alert[] = []
for (const file of ruleFiles) {
  const { groups } = await readYaml(file, ruleFile)
  for (const { name, rules } of groups) {
    for (const rule of rules) if ('alert' in rule) alerts.push({ ...rule, group: name })
  }
}
/** What is expected of alerts, in order of time, by the test that expects it. */
const stories: Expectation[][] = []
for (const file of testFiles) {
  const { tests } = await readYaml(file, testFile)
  stories.push(
    ...tests.map((each) => each.alert_rule_test.toSorted((a, b) => secondsOf(a.eval_time) - secondsOf(b.eval_time))),
  )
}

function secondsOf(time: string): number {
  const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 }
  return [...time.matchAll(/(\d+)(ms|[smhd])/g)].reduce((sum, [, n, unit = 's']) => sum + Number(n) * units[unit]!, 0)
}

const MISSING = 'promtool is missing: run "sudo apt-get install -y prometheus", then test again.'

const promtool = async (...args: string[]): Promise<void> => {
  try {
    await promisify(execFile)('promtool', args, { maxBuffer: 16_777_216 })
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string }
    assert.fail(code === 'ENOENT' ? MISSING : `promtool ${args.join(' ')}\n${stderr}${stdout}`)
  }
}

test('Prometheus takes its configuration and every rule', async () => {
  await promtool('check', 'config', '--lint-fatal', `${here}prometheus.yml`)
  await promtool('check', 'rules', '--lint-fatal', ...ruleFiles)
})

for (const file of testFiles) {
  test(`the rules do what ${basename(file)} says`, () => promtool('test', 'rules', file))
}

/** Fails with everything that is wrong, not with the first. */
const assertAll = (faultsOf: (alert: Alert) => readonly (string | false)[]): void => {
  const faults = alerts.flatMap((alert) =>
    faultsOf(alert)
      .filter((fault) => fault !== false)
      .map((fault) => `${alert.group}/${alert.alert}: ${fault}`),
  )
  assert.ok(alerts.length > 0)
  assert.ok(faults.length === 0, `\n${[...new Set(faults)].join('\n')}`)
}

const SERVICE = String.raw`\?var-service=\{\{ \$labels\.service \}\}`
const OWN = '(gateway|users|auth|posts|notifications|relations)'
// Of a service, of something else, or of either.
const VARIABLE = String.raw`(?:${SERVICE}|\{\{ if match "\^${OWN.replaceAll(/[()|]/g, String.raw`\$&`)}\$" \$labels\.service \}\}${SERVICE}\{\{ end \}\})?`
const DASHBOARD = new RegExp(String.raw`^\{\{ \$externalLabels\.grafana_url \}\}/d/([\w-]+)${VARIABLE}$`)

test('every alert says how bad it is and what it means, and has both links', () => {
  assertAll(({ alert, labels, annotations }) => [
    !['critical', 'warning', 'info'].includes(labels['severity'] ?? '') && 'no severity',
    ...['summary', 'description'].map((name) => (annotations[name] ?? '') === '' && `no ${name}`),
    annotations['runbook_url'] !== `{{ $externalLabels.runbooks_url }}/${alert}.md` && 'another runbook_url',
    !DASHBOARD.test(annotations['dashboard_url'] ?? '') && 'another dashboard_url',
  ])
})

test('every alert has a runbook', () => {
  assertAll(({ alert }) => [!existsSync(`${room}runbooks/${alert}.md`) && `runbooks/${alert}.md is not there`])
})

/** Whether each dashboard shows one service at a time, by uid. */
const chooses = new Map(
  globSync(`${room}grafana/dashboards/**/*.json`).map((file) => {
    const { templating } = JSON.parse(readFileSync(file, 'utf8')) as { templating: { list: { name: string }[] } }
    return [basename(file, '.json'), templating.list.some(({ name }) => name === 'service')]
  }),
)

test('every dashboard that an alert leads to is there', () => {
  assertAll(({ annotations }) => {
    const uid = DASHBOARD.exec(annotations['dashboard_url'] ?? '')?.[1] ?? ''
    return [!chooses.has(uid) && `no dashboard has the uid ${uid}`]
  })
})

/** A dashboard shows nothing for a service that is none of ours: to that of a store the link leads as it is. */
const leadsTo = (link: string, service: string): boolean => {
  const [, uid = '', of] = /\/d\/([\w-]+)(?:\?var-service=(.*))?$/.exec(link) ?? []
  if (chooses.get(uid) !== true) return of === undefined || of === service
  return of === (new RegExp(`^${OWN}$`).test(service) ? service : undefined)
}

test('no two alerts of a group have both name and severity in common', () => {
  const seen = new Set<string>()
  assertAll(({ alert, group, labels }) => {
    const key = `${group} ${alert} ${labels['severity']}`
    const known = seen.has(key)
    seen.add(key)
    return [known && 'twice']
  })
})

const firingIn = (rule: Alert, { exp_alerts: expected }: Expectation) =>
  expected.filter(({ exp_labels: labels }) =>
    Object.entries(rule.labels).every(([name, value]) => labels[name] === value),
  )

test('every alert is seen to fire, of its service, and to be quiet again afterwards', () => {
  assertAll((rule) => {
    const its = stories.map((story) => story.filter(({ alertname }) => alertname === rule.alert))
    const fired = its.flat().flatMap((moment) => firingIn(rule, moment))
    const ends = its.some((story) => {
      const fires = story.map((moment) => firingIn(rule, moment).length > 0)
      return fires.includes(true) && fires.lastIndexOf(false) > fires.indexOf(true)
    })
    // Only the watchdog, which always fires, has nothing to end with.
    const always = /\bvector\(1\)/.test(rule.expr)
    return [
      fired.length === 0 && 'no test lets it fire',
      !ends && !always && 'no test lets it end',
      ...fired.map(
        ({ exp_labels: { service = '' }, exp_annotations: { dashboard_url: link = '' } }) =>
          (service === '' || !leadsTo(link, service)) && `its link does not lead to ${service}: ${link}`,
      ),
    ]
  })
})
