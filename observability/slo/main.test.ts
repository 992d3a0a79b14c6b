import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import '@pharos/platform/http/scope'
import '@pharos/platform/kafka/process'
import type { ExemplarHistogram } from '@pharos/platform/telemetry/exemplar-histogram'
import { registry } from '@pharos/platform/telemetry/metrics'
import { indicatorsOf } from './indicators.ts'
import { generated, SOURCE, TARGET } from './main.ts'
import { matchersOf, routeGroups } from './routes.ts'
import { sloGroups } from './rules.ts'
import { parseSlo } from './slo.ts'

const text = await readFile(SOURCE, 'utf8')
const slo = parseSlo(text)

const boundsOf = async (metric: string): Promise<number[]> => {
  const histogram = registry.getSingleMetric(metric) as unknown as ExemplarHistogram
  histogram.series({})
  const { values } = await histogram.get()
  return values.flatMap(({ labels }) => (typeof labels['le'] === 'number' ? [labels['le']] : []))
}

test('rules/slo.yml is what slo.yaml and the routes make', async () => {
  const committed = await readFile(TARGET, 'utf8')
  assert.equal(committed, await generated(), 'run: node observability/slo/main.ts')
})

test('every time that is promised is the bound of a bucket', async () => {
  const bounds = {
    latency: await boundsOf('http_server_request_duration_seconds'),
    freshness: await boundsOf('messaging_event_age_seconds'),
  }
  for (const { slo: name, sli, seconds } of indicatorsOf(slo)) {
    if (name !== 'latency' && name !== 'freshness') continue
    assert.ok(seconds !== undefined && bounds[name].includes(seconds), `${name} of ${sli} within ${seconds} s`)
  }
})

test('the gateway counts every public route for one service and class', () => {
  const groups = routeGroups()
  const matchers = groups.map((group) => ({
    group,
    patterns: matchersOf(group, groups).map((matcher) => {
      const [, methods, routes] = /method=~"(.+?)",route=~"(.+?)"/.exec(matcher) ?? []
      return { method: new RegExp(`^(?:${methods})$`), route: new RegExp(`^(?:${routes})$`) }
    }),
  }))
  const endpoints = groups.flatMap((group) => group.endpoints.map((endpoint) => ({ ...endpoint, group })))
  assert.ok(endpoints.length > 50)
  for (const { method, route, group } of endpoints) {
    const found = matchers.filter(({ patterns }) =>
      patterns.some((one) => one.method.test(method) && one.route.test(route)),
    )
    assert.deepEqual(
      found.map((one) => one.group),
      [group],
      `${method} ${route}`,
    )
  }
})

test('every service that answers the public has an objective of availability, and one of latency per class', () => {
  const promised = indicatorsOf(slo).map(({ slo: name, service, sli }) => `${name} ${service} ${sli}`)
  for (const { service, requestClass } of routeGroups()) {
    assert.ok(promised.includes(`availability ${service} requests`))
    assert.equal(promised.includes(`latency ${service} ${requestClass}`), requestClass !== 'streams')
  }
})

test('all objectives together cost less than 1,000 series', () => {
  const indicators = indicatorsOf(slo).length
  const series = sloGroups(slo)
    .flatMap(({ rules }) => rules)
    .filter((rule) => 'record' in rule)
    .map(({ labels }) => (labels?.['service'] === undefined ? indicators : 1))
  assert.ok(series.reduce((sum, count) => sum + count, 0) < 1_000)
})

test('a fault of slo.yaml is named, whatever it is', () => {
  const wrong = (from: string, to: string): (() => unknown) => {
    assert.ok(text.includes(from))
    return () => parseSlo(text.replace(from, to))
  }
  assert.throws(wrong('target: 0.999', 'target: 99.9'), /expected number to be <1[^]*objectives\.availability\.target/)
  assert.throws(wrong('short: 5m', 'short: 2h'), /must be shorter than the long one/)
  assert.throws(wrong('after: 5m', 'after: 1h'), /after must be shorter/)
  assert.throws(wrong('long: 6h', 'long: 6 hours'), /must be a duration/)
  assert.throws(wrong('budget: 3d', 'budget: 2d'), /one of the long windows/)
  assert.throws(wrong('minimum: 3', 'minimum: 0'), /objectives\.delivery\.minimum/)
  assert.throws(wrong('topic:', 'topics:'), /Unrecognized key/)
})
