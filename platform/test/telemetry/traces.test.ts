import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newSpanId, newTraceId } from '../../src/telemetry/ids.ts'
import { startOtlpReceiver } from '../../src/testing/otlp-receiver.ts'
import { startChild } from './child-process.ts'
import { startThingProcess } from './thing-process.ts'

const startTraced = async (env: Record<string, string> = {}) => {
  const receiver = await startOtlpReceiver()
  const things = await startThingProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...env })
  return {
    ...things,
    receiver,
    [Symbol.asyncDispose]: async () => {
      await things[Symbol.asyncDispose]()
      await receiver[Symbol.asyncDispose]()
    },
  }
}

const origin = (flags: '00' | '01' = '01') => {
  const [traceId, spanId] = [newTraceId(), newSpanId()]
  return { traceId, spanId, headers: { traceparent: `00-${traceId}-${spanId}-${flags}`, 'x-correlation-id': traceId } }
}

test('a request is one server span at the receiver, named by its route, and its log lines carry the same ids', async () => {
  await using things = await startTraced({ SERVICE_VERSION: '1.2.3' })
  const { traceId, spanId, headers } = origin()
  await things.client.get('/things/7?secret=hunter22', { headers })
  const [span = assert.fail()] = await things.receiver.waitFor(
    (spans) => (spans.length > 0 ? spans : undefined),
    'the span',
  )
  assert.deepEqual(
    [span.name, span.kind, span.service, span.traceId, span.parentSpanId, span.status],
    ['GET /api/v1/things/:id', 'server', 'child', traceId, spanId, 'unset'],
  )
  assert.deepEqual(span.attributes, {
    'http.request.method': 'GET',
    'url.path': '/api/v1/things/7',
    'http.response.status_code': 200,
    'http.route': '/api/v1/things/:id',
    'app.correlation_id': traceId,
  })
  const line = await things.child.waitForLine({ 'event.action': 'http.request' })
  assert.deepEqual([line['trace.id'], line['span.id']], [traceId, span.spanId])
  assert.ok(span.end >= span.start && Math.abs(span.start - Date.now()) < 60_000)
  assert.doesNotMatch(things.receiver.bodies.join() + things.child.stdout(), /hunter22/)
})

test('the line of a request says method, path without query, route, status and duration, and masks an e-mail in the path', async () => {
  await using things = await startTraced()
  await things.client.get('/names/ada@example.org?x=y')
  const line = await things.child.waitForLine({ 'event.action': 'http.request' })
  assert.equal(line['message'], 'GET /api/v1/names/:name 400')
  assert.deepEqual(
    [
      line['log.level'],
      line['http.request.method'],
      line['url.path'],
      line['http.route'],
      line['http.response.status_code'],
    ],
    ['info', 'GET', '/api/v1/names/[redacted]', '/api/v1/names/:name', 400],
  )
  assert.ok(Number(line['event.duration']) > 10_000)
  const [span = assert.fail()] = await things.receiver.waitFor(
    (spans) => (spans.length > 0 ? spans : undefined),
    'the span',
  )
  assert.equal(span.status, 'unset')
  assert.doesNotMatch(things.receiver.bodies.join() + things.child.stdout(), /ada@/)
})

test('a 5xx is an error in span and line, with the stack in the line once', async () => {
  await using things = await startTraced()
  await things.client.get('/fail/plain')
  const [span = assert.fail()] = await things.receiver.waitFor(
    (spans) => (spans.length > 0 ? spans : undefined),
    'the span',
  )
  assert.deepEqual([span.status, span.statusMessage], ['error', 'SELECT secret FROM passwords'])
  const line = await things.child.waitForLine({ 'log.level': 'error' })
  assert.equal(line['error.message'], 'SELECT secret FROM passwords')
  assert.match(String(line['error.stack_trace']), /thing-service\.ts/)
  assert.equal(things.child.lines().filter((one) => one['error.message'] !== undefined).length, 1)
})

test('at ratio 0 nothing is exported but failures and what a sampled caller asks for', async () => {
  await using things = await startTraced({ OTEL_TRACES_SAMPLER_ARG: '0' })
  const [failed, sampled, unsampled] = [origin('00'), origin('01'), origin('00')]
  await things.client.get('/things/1')
  await things.client.get('/things/1', { headers: unsampled.headers })
  await things.client.get('/fail/plain', { headers: failed.headers })
  await things.client.get('/things/1', { headers: sampled.headers })
  await things.receiver.waitFor((spans) => (spans.length >= 2 ? true : undefined), 'two spans')
  assert.deepEqual(
    things.receiver.spans.map(({ traceId }) => traceId).toSorted(),
    [failed.traceId, sampled.traceId].toSorted(),
  )
})

test('a sampling ratio that is none ends the process with a sentence', async () => {
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://127.0.0.1:9'
  await using child = startChild('', { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER_ARG: '10%' })
  assert.equal((await child.exit).code, 1)
  assert.match(child.stderr(), /OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, not "10%"/)
})

test('what a process has noted is sent before it ends', async () => {
  await using things = await startTraced()
  const { traceId, headers } = origin()
  await things.client.get('/things/1', { headers })
  things.child.process.kill('SIGTERM')
  assert.equal((await things.child.exit).code, 0)
  assert.equal(things.receiver.spansOf(traceId).length, 1)
})

test('a collector that is away costs neither answers nor a clean end, and what was lost is counted', async () => {
  await using things = await startThingProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })
  assert.equal((await things.client.get('/things/1')).status, 200)
  const started = performance.now()
  things.child.process.kill('SIGTERM')
  assert.equal((await things.child.exit).code, 0)
  assert.ok(performance.now() - started < 5_000)
})

for (const env of [{}, { TELEMETRY_TRACES: 'off' }]) {
  test(`without traces ${JSON.stringify(env)} lines and answers still carry the caller’s trace`, async () => {
    await using things = await startThingProcess(env)
    const { traceId, headers } = origin()
    assert.equal((await things.client.get('/fail/invalid', { headers })).body?.trace_id, traceId)
    assert.equal((await things.child.waitForLine({ 'event.action': 'http.request' }))['trace.id'], traceId)
  })
}

test('metrics point to the sampled trace, and name method, route and status', async () => {
  await using things = await startTraced()
  const { traceId, headers } = origin()
  await things.client.get('/things/1', { headers })
  const body = await things.scrape()
  const count = /^http_server_request_duration_seconds_count\{(.*)\} 1$/m.exec(body)?.[1]?.split(',').toSorted()
  assert.deepEqual(count, ['method="GET"', 'route="/api/v1/things/:id"', 'status_code="200"'])
  assert.match(body, new RegExp(`_bucket\\{.* # \\{trace_id="${traceId}",span_id="[0-9a-f]{16}"\\}`))
})

test('OpenTelemetry’s own bundle gives a server span with its route, and lines with the same trace id', async () => {
  await using things = await startTraced({ TELEMETRY_INSTRUMENTATION: 'auto' })
  const { traceId, spanId, headers } = origin()
  await things.client.get('/things/7', { headers })
  await things.client.get('/names/a', { headers: { 'x-correlation-id': 'own-trace' } })
  const serverSpan = (route: string) =>
    things.receiver.waitFor(
      (spans) => spans.find(({ kind, attributes }) => kind === 'server' && attributes['http.route'] === route),
      `the server span of ${route}`,
    )
  const continued = await serverSpan('/api/v1/things/:id')
  assert.deepEqual([continued.traceId, continued.parentSpanId], [traceId, spanId])
  const own = await serverSpan('/api/v1/names/:name')
  for (const [correlationId, trace] of [
    [traceId, traceId],
    ['own-trace', own.traceId],
  ]) {
    const line = await things.child.waitForLine({
      'event.action': 'http.request',
      'labels.correlation_id': correlationId,
    })
    assert.equal(line['trace.id'], trace)
  }
})

test('OpenTelemetry’s own bundle keeps to the sampling ratio too', async () => {
  await using things = await startTraced({ TELEMETRY_INSTRUMENTATION: 'auto', OTEL_TRACES_SAMPLER_ARG: '0' })
  const { traceId, headers } = origin()
  await things.client.get('/things/1')
  await things.client.get('/things/1', { headers })
  await things.receiver.waitFor((spans) => spans.find((span) => span.traceId === traceId), 'the sampled trace')
  assert.deepEqual([...new Set(things.receiver.spans.map((span) => span.traceId))], [traceId])
})
