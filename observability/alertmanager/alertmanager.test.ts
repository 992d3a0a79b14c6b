import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { eventually } from '@pharos/platform/testing/eventually'
import { parse } from 'yaml'
import { requireProgram } from '../../deploy/local/programs.ts'
import { startReceiver } from '../oncall/receiver.ts'
import { alertmanagerConfig } from './configure.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const run = promisify(execFile)
const base = await readFile(here('alertmanager.yml'), 'utf8')

const program = (name: string): Promise<string> =>
  requireProgram(
    { programs: [name], packages: ['prometheus-alertmanager'], purpose: 'Alertmanager' },
    () => {},
    'alertmanager',
  )
const amtool = await program('amtool')
const alertmanager = await program('prometheus-alertmanager')

let folder: string
let configFile: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alertmanager-'))
  configFile = join(folder, 'everything.yml')
  const everything = {
    ALERT_SLACK_WEBHOOK_URL: 'https://hooks.example.org/x',
    ALERT_PAGERDUTY_ROUTING_KEY: '0123456789abcdef0123456789abcdef',
    ALERT_EMAIL_TO: 'on-call@example.org',
    ALERT_SMTP_HOST: 'mail.example.org:587',
    ALERT_SMTP_FROM: 'pharos@example.org',
    ALERT_SMTP_USERNAME: 'pharos',
    ALERT_SMTP_PASSWORD: 'password',
  }
  await writeFile(configFile, alertmanagerConfig(base, everything))
})
after(() => rm(folder, { recursive: true, force: true }))

test('amtool accepts the base file and the one with every receiver', async () => {
  for (const file of [here('alertmanager.yml'), configFile]) {
    assert.match((await run(amtool, ['check-config', file])).stdout, /SUCCESS[\s\S]*1 templates\n {2}SUCCESS/)
  }
})

type Labels = Record<string, string>

const routes: [Labels, string][] = [
  [{ alertname: 'TargetDown', severity: 'critical', service: 'users' }, 'page'],
  [{ alertname: 'OutboxStale', severity: 'warning', service: 'users' }, 'ticket,mail'],
  [{ alertname: 'RestartedUnexpectedly', severity: 'info', service: 'users' }, 'log'],
  [{ alertname: 'Watchdog', severity: 'info', service: 'prometheus' }, 'watchdog'],
  [{ alertname: 'Unheard', service: 'users' }, 'ticket'],
]
for (const [labels, receivers] of routes) {
  test(`${labels['alertname']} (${labels['severity'] ?? 'of no severity'}) goes to ${receivers}`, async () => {
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
    const { stdout } = await run(amtool, ['config', 'routes', 'test', `--config.file=${configFile}`, ...pairs])
    assert.equal(stdout.trim(), receivers)
  })
}

test('only the mail of warnings keeps office hours', () => {
  type Route = { receiver: string; active_time_intervals?: string[]; routes?: Route[] }
  const { route } = parse(base) as { route: Route }
  const timed = [route, ...(route.routes ?? [])].filter((each) => each.active_time_intervals !== undefined)
  assert.deepEqual(
    timed.map(({ receiver }) => receiver),
    ['mail'],
  )
})

type Alert = { labels: Labels; annotations?: Labels; endsAt?: string; generatorURL?: string }

/** A real Alertmanager that waits for nothing before it notifies, and never whom a system that runs here notifies. */
const startAlertmanager = async (env: Record<string, string>) => {
  const config = alertmanagerConfig(base, env)
  assert.doesNotMatch(config, /127\.0\.0\.1:9095/)
  const home = await mkdtemp(join(folder, 'run-'))
  const file = join(home, 'alertmanager.yml')
  await writeFile(file, config.replaceAll(/group_(wait|interval): \w+/g, 'group_$1: 1s'))
  const args = [`--config.file=${file}`, `--storage.path=${home}`, '--cluster.listen-address=']
  const child = spawn(alertmanager, [...args, '--web.listen-address=127.0.0.1:0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exit = once(child, 'exit')
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  const port = await eventually(() => {
    assert.equal(child.exitCode, null, log)
    return /Listening on" address=127\.0\.0\.1:(\d+)/.exec(log)?.[1] ?? assert.fail(log)
  })
  const url = `http://127.0.0.1:${port}/api/v2/alerts`
  return {
    post: async (alerts: readonly Alert[]): Promise<void> => {
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(alerts) })
      assert.equal(response.status, 200, await response.text())
    },
    alerts: async () =>
      (await (await fetch(url)).json()) as { labels: Labels; fingerprint: string; status: { inhibitedBy: string[] } }[],
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await exit
    },
  }
}

const nameOf = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join(' ')

const critical = (alertname: string, service: string, more: Labels = {}): Labels => ({
  alertname,
  severity: 'critical',
  service,
  ...more,
})
const warning = (alertname: string, service: string, more: Labels = {}): Labels => ({
  ...critical(alertname, service, more),
  severity: 'warning',
})

/** Alertmanager takes them in order: when the last two are judged, all are. */
const LAST = [warning('Last', 'last'), critical('Last', 'last')]

/** Which of the alerts are kept back while all of them are there, by all their labels. */
const keptBack = async (labelSets: readonly Labels[]): Promise<string[]> => {
  await using server = await startAlertmanager({ ALERT_WEBHOOK_URL: 'http://127.0.0.1:9/nobody' })
  await server.post([...labelSets, ...LAST].map((labels) => ({ labels })))
  return await eventually(async () => {
    const alerts = await server.alerts()
    assert.equal(alerts.length, labelSets.length + LAST.length)
    const names = alerts.filter(({ status }) => status.inhibitedBy.length > 0).map(({ labels }) => nameOf(labels))
    assert.ok(names.includes(nameOf(LAST[0] ?? {})))
    return names.filter((name) => !name.includes('Last')).toSorted()
  })
}

type Inhibition = { readonly cause: Labels; readonly keeps: readonly Labels[]; readonly tells: readonly Labels[] }

const inhibitions: Record<string, Inhibition> = {
  'what is critical keeps back its own warning, and no other one': {
    cause: critical('LatencyBudgetBurn', 'users', { slo: 'users-reads', window: '1h' }),
    keeps: [warning('LatencyBudgetBurn', 'users', { slo: 'users-reads', window: '3d' })],
    tells: [
      warning('LatencyBudgetBurn', 'users', { slo: 'users-writes', window: '3d' }),
      warning('LatencyBudgetBurn', 'posts', { slo: 'posts-reads', window: '3d' }),
      warning('AvailabilityBudgetBurn', 'users', { slo: 'users-availability', window: '3d' }),
    ],
  },
  'a service that is down keeps back what it causes, and nothing of others': {
    cause: critical('TargetDown', 'users', { instance: 'u' }),
    keeps: [
      critical('ErrorRatioHigh', 'users'),
      warning('LatencyP99High', 'users'),
      warning('DependencyErrors', 'users', { caller: 'auth' }),
      warning('CircuitOpen', 'users'),
      warning('RetryStorm', 'users'),
      critical('NotReady', 'users', { instance: 'u' }),
      critical('ConsumerGroupEmpty', 'users'),
      critical('ConsumerStalled', 'users', { topic: 't' }),
      warning('LogsMissing', 'users'),
      critical('RegistrationsStopped', 'auth'),
    ],
    tells: [
      critical('ErrorRatioHigh', 'posts'),
      critical('TargetDown', 'relations', { instance: 'r' }),
      critical('CrashLoop', 'users', { instance: 'u' }),
      critical('AvailabilityBudgetBurn', 'users', { slo: 'users-availability' }),
    ],
  },
  'metrics that are missing hide nothing': {
    cause: warning('TargetDown', 'postgres', { instance: 'x' }),
    keeps: [],
    tells: [critical('NotReady', 'users'), critical('ErrorRatioHigh', 'users'), warning('SlowStatements', 'users')],
  },
  'PostgreSQL that is down keeps back what waits for it': {
    cause: critical('PostgresDown', 'postgres'),
    keeps: [
      critical('NotReady', 'users'),
      critical('ErrorRatioHigh', 'posts'),
      warning('CircuitOpen', 'users'),
      critical('PoolExhausted', 'users'),
      warning('SlowStatements', 'posts'),
      critical('ConsumerStalled', 'auth', { topic: 't' }),
      warning('NotificationDelay', 'notifications'),
      critical('OutboxStale', 'users'),
      critical('RegistrationsStopped', 'auth'),
    ],
    tells: [critical('ConsumerGroupEmpty', 'auth'), warning('DeadLetters', 'auth', { topic: 't' })],
  },
  'Redis that is down keeps back what is slower without it, and no error': {
    cause: critical('RedisDown', 'redis'),
    keeps: [
      warning('CacheHitCollapse', 'users'),
      warning('LatencyP99High', 'users'),
      warning('RedisEvictions', 'redis'),
    ],
    tells: [critical('ErrorRatioHigh', 'users'), critical('ConsumerStalled', 'auth'), critical('NotReady', 'users')],
  },
  'Kafka that is down keeps back what waits for it, and no error': {
    cause: critical('KafkaBrokerDown', 'kafka'),
    keeps: [
      critical('KafkaOfflinePartitions', 'kafka', { topic: 't' }),
      critical('ConsumerGroupEmpty', 'auth'),
      critical('ConsumerStalled', 'auth', { topic: 't' }),
      warning('ConsumerLagHigh', 'auth', { topic: 't' }),
      critical('OutboxStale', 'users'),
      warning('OutboxPublishFailing', 'users'),
      warning('NotificationDelay', 'notifications'),
    ],
    tells: [critical('ErrorRatioHigh', 'users'), warning('DeadLetters', 'auth', { topic: 't' })],
  },
  'a collector that is down keeps back what it does not collect': {
    cause: warning('CollectorDown', 'collector', { instance: 'c' }),
    keeps: [
      warning('SpansDropped', 'users'),
      warning('LogsMissing', 'users'),
      warning('CollectorExportFailing', 'collector', { exporter: 'otlp_http/loki' }),
      warning('LogStoresDiverge', 'collector'),
    ],
    tells: [warning('ScrapeSlow', 'users'), warning('LokiErrors', 'loki'), critical('AlertDeliveryFailing', 'oncall')],
  },
  'a log store that is down keeps back what is said of the way to it': {
    cause: warning('TargetDown', 'loki', { instance: 'l' }),
    keeps: [
      warning('CollectorExportFailing', 'collector', { exporter: 'otlp_http/loki' }),
      warning('LogStoresDiverge', 'collector'),
    ],
    tells: [warning('CollectorExportFailing', 'collector', { exporter: 'elasticsearch' })],
  },
}
for (const [guarantee, { cause, keeps, tells }] of Object.entries(inhibitions)) {
  test(guarantee, async () => {
    const found = await keptBack([cause, ...keeps, ...tells])
    assert.deepEqual(found, keeps.map(nameOf).toSorted())
  })
}

test('no cause is kept back by another one, nor is a budget, nor what watches the way of alerts', async () => {
  const causes = [
    critical('TargetDown', 'users', { instance: 'u' }),
    warning('TargetDown', 'loki', { instance: 'l' }),
    critical('PostgresDown', 'postgres'),
    critical('RedisDown', 'redis'),
    critical('KafkaBrokerDown', 'kafka'),
    warning('CollectorDown', 'collector', { instance: 'c' }),
    warning('ElasticsearchRed', 'elasticsearch'),
  ]
  const budgets = ['Availability', 'Latency', 'Freshness', 'Delivery'].map((slo) =>
    critical(`${slo}BudgetBurn`, 'users', { slo }),
  )
  const watchers = [
    { ...warning('Watchdog', 'prometheus'), severity: 'info' },
    critical('AlertDeliveryFailing', 'oncall'),
  ]
  const symptom = critical('ErrorRatioHigh', 'users')
  assert.deepEqual(await keptBack([...causes, ...budgets, ...watchers, symptom]), [nameOf(symptom)])
})

test('every alert that is named here is one that there is', async () => {
  const rules = here('../prometheus/rules/')
  const texts = await Promise.all((await readdir(rules)).map((name) => readFile(join(rules, name), 'utf8')))
  const known = new Set(texts.flatMap((text) => [...text.matchAll(/- alert: (\w+)/g)].map(([, name]) => name)))
  const named = [...base.matchAll(/alertname=~?"([^"]+)"/g)].flatMap(([, names = '']) => names.split('|'))
  assert.ok(named.length > 50)
  assert.deepEqual(
    named.filter((name) => !known.has(name)),
    [],
  )
})

const firing: Alert = {
  labels: critical('TargetDown', 'users', { instance: 'u' }),
  annotations: {
    summary: 'users is down',
    description: 'users (u) has not answered.',
    runbook_url: 'http://runbooks/TargetDown.md',
    dashboard_url: 'http://grafana/d/pharos-overview?var-service=users',
  },
  generatorURL: 'http://prometheus/graph?g0.expr=up',
}

test('a page reaches the on-call receiver and the chat with its links, and so does the end of it', async () => {
  const posts: { text: string; title: string; title_link: string; color: string }[] = []
  const chat = createServer((req, res) => {
    void json(req).then((body) => {
      posts.push(...(body as { attachments: typeof posts }).attachments)
      res.end('ok')
    })
  }).listen(0, '127.0.0.1')
  await once(chat, 'listening')
  try {
    await using receiver = await startReceiver({ port: 0, file: join(folder, 'delivered.jsonl'), runbooks: folder })
    const env = {
      ALERT_WEBHOOK_URL: `${receiver.url}/alerts`,
      ALERT_SLACK_WEBHOOK_URL: `http://127.0.0.1:${(chat.address() as AddressInfo).port}/slack`,
    }
    await using server = await startAlertmanager(env)
    await server.post([firing, { labels: { alertname: 'Watchdog', severity: 'info', service: 'prometheus' } }])
    await eventually(async () => {
      const page = await (await fetch(receiver.url)).text()
      assert.match(page, /1 firing/)
      assert.match(page, /<a href="http:\/\/runbooks\/TargetDown\.md">Runbook<\/a>/)
      assert.match(page, /<a href="http:\/\/grafana\/d\/pharos-overview\?var-service=users">Dashboard<\/a>/)
      assert.doesNotMatch(await (await fetch(`${receiver.url}/metrics`)).text(), /watchdog_timestamp_seconds 0\n/)
      assert.equal(posts[0]?.title, 'CRITICAL TargetDown in users: users is down')
    })
    assert.equal(posts[0]?.color, 'danger')
    assert.equal(posts[0]?.title_link, firing.annotations?.['dashboard_url'])
    assert.match(
      posts[0]?.text ?? '',
      /users \(u\) has not answered\.\n<http:\/\/runbooks\/TargetDown\.md\|Runbook> · <http/,
    )
    await server.post([{ ...firing, endsAt: new Date().toISOString() }])
    await eventually(async () => {
      assert.match(await (await fetch(receiver.url)).text(), /0 firing[\s\S]*class="resolved"/)
      assert.equal(posts.at(-1)?.title, 'RESOLVED TargetDown in users: users is down')
    })
  } finally {
    chat.close()
    chat.closeAllConnections()
  }
})

test('a mail carries the links and shows as text what was meant as text', async () => {
  const data = join(folder, 'data.json')
  const alert = { ...firing, status: 'firing', startsAt: '2026-11-24T10:00:00Z' }
  alert.annotations = { ...alert.annotations, summary: 'users & <b>posts</b>' }
  await writeFile(data, JSON.stringify({ status: 'firing', alerts: [alert], commonLabels: alert.labels }))
  const args = ['template', 'render', `--template.glob=${here('templates/*.tmpl')}`, `--template.data=${data}`]
  const { stdout } = await run(amtool, [
    ...args,
    '--template.type=html',
    '--template.text={{ template "pharos.mail" . }}',
  ])
  assert.match(stdout, /CRITICAL TargetDown in users/)
  assert.match(stdout, /users &amp; &lt;b&gt;posts/)
  for (const address of ['http://runbooks/TargetDown.md', 'http://grafana/d/pharos-overview?var-service=users']) {
    assert.ok(stdout.includes(`<a href="${address}">`), stdout)
  }
})
