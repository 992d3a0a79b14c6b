import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { eventCatalogue } from '../../platform/src/contracts/event-catalogue.ts'
import { registry } from '../../platform/src/telemetry/metrics.ts'
import { collectProcessMetrics } from '../../platform/src/telemetry/process-metrics.ts'
import { parseCatalogue, readCatalogue } from './catalogue.ts'
import { declarationsIn, declaredMetrics } from './declared.ts'
import { readEvents } from './events.ts'
import { readme, regenerated } from './readme.ts'
import { readUsage } from './usage.ts'

const { labels, ours, others } = await readCatalogue()
const declared = await declaredMetrics()
const shape = ({ name, type, labels: of }: { name: string; type: string; labels: readonly string[] }): string =>
  `${name} ${type} [${of.join(', ')}]`

/** What prom-client and the bootstrap add to what the code declares. */
const ofTheProcess = (): string[] => {
  collectProcessMetrics()
  return (registry.getMetricsAsArray() as unknown as { name: string; type: string; labelNames: string[] }[])
    .filter(({ name }) => !declared.some((metric) => metric.name === name))
    .map(({ name, type, labelNames }) => shape({ name, type, labels: labelNames }))
}

test('the catalogue has every metric that the code declares, with its type and labels, and no other', () => {
  const inCode = [...new Set([...declared.map(shape), ...ofTheProcess()])].toSorted()
  assert.ok(declared.length > 40, 'the declarations were found')
  assert.deepEqual(ours.map(shape).toSorted(), inCode)
})

test('a metric that a service declares by itself comes from that service', () => {
  for (const { file, name } of declared) {
    const service = /^services\/([^/]+)\//.exec(file)?.[1]
    const metric = ours.find((each) => each.name === name)
    if (service !== undefined) assert.ok(metric?.from.includes(service), `${name} is declared in ${file}`)
  }
})

test('no metric is listed twice, and those of a topic are in order', () => {
  for (const metrics of [ours, others]) {
    const names = metrics.map(({ name }) => name)
    assert.deepEqual(names, [...new Set(names)])
    for (const [topic, group] of Map.groupBy(metrics, (metric) => metric.topic)) {
      const inTopic = group.map(({ name }) => name)
      assert.deepEqual(inTopic, inTopic.toSorted(), topic)
    }
  }
})

test('the values of every label come from a set that the catalogue names', () => {
  const used = [...new Set(ours.flatMap((metric) => metric.labels))].toSorted()
  assert.deepEqual(Object.keys(labels), used)
})

test('no label of ours holds an id, an address or a text that callers choose', () => {
  for (const label of Object.keys(labels))
    assert.doesNotMatch(label, /(^|_)(ids?|user|session|trace|span|correlation|email|ip|path|url|query|message)(_|$)/)
})

test('names tell the unit, and counters that they count', () => {
  for (const { name, type, unit } of ours) {
    assert.equal(/_(seconds|bytes)(_total)?$/.exec(name)?.[1], unit, name)
    if (type === 'counter') assert.match(name, /_total$/)
  }
})

test('a fault in the catalogue is refused with its place', () => {
  const metric = 'name: a_total, type: counter, labels: [], from: all'
  const text = (help: string) => `labels: {}\nothers: []\nservices: [{ topic: T, metrics: [{ ${metric}, ${help} }] }]`
  assert.equal(parseCatalogue(text('help: One sentence.')).ours.length, 1)
  assert.throws(() => parseCatalogue(text('help: No full stop')), /full stop/)
  assert.throws(() => parseCatalogue(text('help: Yes., color: red')), /color/)
  assert.throws(() => parseCatalogue(text('help: Yes.').replace('all', '[billing]')), /services/)
})

test('a declaration is read whatever stands around it', () => {
  const source = `
    // counter({ name: 'in_a_comment_total' })
    const one = counter({ name: 'one_total', help: 'with } and (', labels: ['a', 'b'] })
    gauge({ name: 'two', help: 'x', collect: (set) => set({}, depth({ of: [1] })) }); histogram({ name: 'three_seconds', labels: ['c'] })`
  assert.deepEqual(declarationsIn('x.ts', source).map(shape), [
    'one_total counter [a, b]',
    'two gauge []',
    'three_seconds histogram [c]',
  ])
  assert.throws(
    () => declarationsIn('x.ts', 'counter({ name: NAME, help })'),
    /x\.ts: the name of a metric is no literal/,
  )
  assert.throws(() => declarationsIn('x.ts', 'counter(definition)'), /no literal/)
})

/** The names under which the series of a metric are asked for. */
const seriesOf = ({ name, type }: { name: string; type: string }): string[] => [
  name,
  ...(type === 'histogram' || type === 'summary' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : []),
]

test('every metric that a rule reads is in the catalogue', async () => {
  const known = new Set([...ours, ...others].flatMap(seriesOf))
  const used = (await readUsage()).filter(({ file }) => file.startsWith('prometheus/'))
  assert.ok(used.length > 100, 'the rules were found')
  assert.deepEqual(
    used.filter(({ metric }) => !known.has(metric)),
    [],
  )
})

test('a metric of others is listed because a dashboard or a rule reads it', async () => {
  const used = new Set((await readUsage()).map(({ metric }) => metric))
  const idle = others.filter((metric) => !seriesOf(metric).some((series) => used.has(series)))
  assert.deepEqual(
    idle.map(({ name }) => name),
    [],
  )
})

test('the events are those of the contracts', async () => {
  const contracts = eventCatalogue.map(({ contract: { type, topic }, summary }) => ({
    type,
    topic: topic.name,
    key: topic.key,
    summary,
  }))
  assert.deepEqual(await readEvents(), contracts)
})

test('the README is as `node observability/catalogue/main.ts` writes it', async () => {
  assert.equal(await readFile(readme, 'utf8'), await regenerated())
})
