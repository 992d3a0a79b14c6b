import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { runWork } from './context.ts'
import { counter, gauge, histogram, scrape } from './metrics.ts'
import { collectProcessMetrics } from './process-metrics.ts'
import { telemetry } from './settings.ts'
import { SpanShape } from './span-shape.ts'
import { tracing } from './trace-pipeline.ts'

afterEach(() => {
  telemetry.metrics = true
  Object.assign(tracing, { notes: false, enabled: false, ratio: 1 })
})

const linesOf = async (name: string): Promise<string[]> =>
  (await scrape()).body.split('\n').filter((line) => line.startsWith(name))

test('a metric asked for twice is one metric', async () => {
  for (const by of [1, 2]) counter({ name: 'test_twice_total', help: 'x', labels: ['kind'] }).inc({ kind: 'a' }, by)
  assert.deepEqual(await linesOf('test_twice'), ['test_twice_total{kind="a"} 3'])
})

test('a counter without labels is there at zero before anything happened', async () => {
  counter({ name: 'test_zero_total', help: 'x' })
  assert.deepEqual(await linesOf('test_zero'), ['test_zero_total 0'])
})

test('a gauge can be read at the time of the scrape', async () => {
  let value = 1
  gauge({ name: 'test_read', help: 'x', labels: ['of'], collect: (set) => set({ of: 'queue' }, value) })
  value = 5
  assert.deepEqual(await linesOf('test_read'), ['test_read{of="queue"} 5'])
})

test('a series that is kept and one that is looked up are the same', async () => {
  const seconds = histogram({ name: 'test_kept_seconds', help: 'x', labels: ['route'] })
  const kept = seconds.of({ route: '/a' })
  kept.observe(0.02, undefined)
  seconds.observe({ route: '/a' }, 0.02)
  telemetry.metrics = false
  kept.observe(0.02, undefined)
  assert.deepEqual(await linesOf('test_kept_seconds_count'), ['test_kept_seconds_count{route="/a"} 2'])
})

test('an observation in a sampled trace leaves its ids as exemplar; in any other it leaves none', async () => {
  const seconds = histogram({ name: 'test_exemplar_seconds', help: 'x', labels: ['route'] })
  const observeIn = async (route: string, flags: string) => {
    const traceparent = `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-${flags}`
    await runWork({ shape: new SpanShape('x', 'server'), origin: { traceparent } }, async () =>
      seconds.observe({ route }, 0.02),
    )
  }
  await observeIn('/not-exported', '01')
  Object.assign(tracing, { notes: true, enabled: true, ratio: 0 })
  await observeIn('/sampled', '01')
  await observeIn('/unsampled', '00')
  seconds.observe({ route: '/outside' }, 0.02)
  const lines = await linesOf('test_exemplar_seconds_bucket')
  const withExemplar = lines.filter((line) => line.includes(' # '))
  assert.equal(withExemplar.length, 1)
  assert.match(
    withExemplar[0] as string,
    /le="0.025",route="\/sampled"\} 1 # \{trace_id="4bf92f3577b34da6a3ce929d0e0e4736",span_id="[0-9a-f]{16}"\} 0\.02 \d+(\.\d+)?$/,
  )
})

test('nothing is counted while metrics are off', async () => {
  const off = counter({ name: 'test_off_total', help: 'x' })
  const seconds = histogram({ name: 'test_off_seconds', help: 'x' })
  telemetry.metrics = false
  off.inc()
  seconds.observe({}, 1)
  assert.deepEqual(await linesOf('test_off_total'), ['test_off_total 0'])
  assert.deepEqual(await linesOf('test_off_seconds_count'), ['test_off_seconds_count 0'])
})

const LABELS = String.raw`\{([a-zA-Z_]\w*="([^"\\\n]|\\["\\n])*"(,[a-zA-Z_]\w*="([^"\\\n]|\\["\\n])*")*)?\}`
const NUMBER = String.raw`([+-]Inf|Na[Nn]|-?\d+(\.\d+)?(e[+-]?\d+)?)`
const SAMPLE = new RegExp(`^[a-zA-Z_:][\\w:]*(${LABELS})? ${NUMBER}( # ${LABELS} ${NUMBER}( ${NUMBER})?)?$`)
const META =
  /^# (TYPE [a-zA-Z_:][\w:]* (counter|gauge|histogram|summary|info|unknown)|HELP [a-zA-Z_:][\w:]* .*|UNIT .*)$/

test('a scrape is OpenMetrics text: every line is well-formed, every sample has a type, and it ends in # EOF', async () => {
  collectProcessMetrics()
  counter({ name: 'test_escape_total', help: 'x', labels: ['text'] }).inc({ text: 'a "quoted"\n\\ line' })
  const { contentType, body } = await scrape()
  assert.match(contentType, /^application\/openmetrics-text; version=1\.0\.0/)
  const lines = body.trimEnd().split('\n')
  assert.equal(lines.pop(), '# EOF')
  const types = new Map<string, string>()
  for (const line of lines) {
    assert.match(line, line.startsWith('#') ? META : SAMPLE)
    if (line.startsWith('# TYPE ')) {
      const [, , name, type] = line.split(' ') as [string, string, string, string]
      assert.ok(!types.has(name), `${name} is declared twice`)
      types.set(name, type)
    } else if (!line.startsWith('#')) {
      const name = /^[\w:]+/.exec(line)?.[0] as string
      assert.ok(
        types.has(name.replace(/_(total|bucket|sum|count|created|info)$/, '')) || types.has(name),
        `${name} has no type`,
      )
    }
  }
  for (const name of ['app_info', 'nodejs_eventloop_utilization', 'app_eventloop_lag_seconds', 'otel_spans_dropped']) {
    assert.ok(types.has(name), `${name} is missing`)
  }
})
