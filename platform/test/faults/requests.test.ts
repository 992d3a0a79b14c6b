import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSentryReceiver } from '../../src/testing/sentry-receiver.ts'
import { startFaultyProcess } from './faulty-process.ts'

const variant = (name: string): string => JSON.stringify({ variant: name })

test('with FAULTS=off there is no door to faults', async () => {
  await using things = await startFaultyProcess({ faults: false })
  assert.equal((await things.ask('/faults')).status, 404)
  assert.equal((await things.put('http-error', variant('all'))).status, 404)
  assert.equal((await things.client.get('/things/7')).status, 200)
})

test('the management port lists the flags and changes one; what it does not know it refuses', async () => {
  await using things = await startFaultyProcess({ faults: true })
  const { flags } = (await (await things.ask('/faults')).json()) as { flags: Record<string, unknown>[] }
  assert.equal(flags.length, 7)
  const { about, ...delay } = flags.find(({ flag }) => flag === 'http-delay') ?? assert.fail()
  assert.equal(typeof about, 'string')
  assert.deepEqual(delay, { flag: 'http-delay', variants: { off: 0, slow: 500, stuck: 2_000 }, variant: 'off' })

  const changed = await things.put('http-delay', variant('slow'))
  assert.equal(changed.status, 200)
  assert.equal(((await changed.json()) as { variant: string }).variant, 'slow')
  assert.equal((await things.put('earthquake', variant('on'))).status, 404)
  assert.equal((await things.put('toString', variant('on'))).status, 404)
  for (const body of [variant('faster'), variant('toString'), '{"variant":1}', '{}', '', '{"variant"'])
    assert.equal((await things.put('http-delay', body)).status, 400, body)
})

test('a change of a flag is a warning that names it; the same again is none', async () => {
  await using things = await startFaultyProcess({ faults: true })
  await things.put('http-error', variant('some'))
  await things.put('http-error', variant('some'))
  await things.put('http-error', variant('off'))
  await things.child.waitForLine({ 'event.action': 'fault.changed', 'fault.variant': 'off' })
  const lines = things.child.lines().filter((line) => line['event.action'] === 'fault.changed')
  assert.deepEqual(
    lines.map((line) => [line['log.level'], line['fault.name'], line['fault.variant'], line['message']]),
    [
      ['warn', 'http-error', 'some', 'fault http-error is now some'],
      ['warn', 'http-error', 'off', 'fault http-error is now off'],
    ],
  )
})

test('http-delay holds each request for its time and lets it go on, and spares the management port', async () => {
  await using things = await startFaultyProcess({ faults: true })
  const took = async (ask: () => Promise<{ status: number }>): Promise<number> => {
    const from = performance.now()
    assert.equal((await ask()).status, 200)
    return performance.now() - from
  }
  await things.put('http-delay', variant('slow'))
  const ms = await took(() => things.client.get('/things/7'))
  assert.ok(ms >= 495 && ms < 1_500, `${ms} ms`)
  const aside = await took(() => things.ask('/readyz'))
  assert.ok(aside < 400, `${aside} ms on the management port`)
  const line = await things.child.waitForLine({ 'event.action': 'http.request', 'http.route': '/api/v1/things/:id' })
  assert.ok(Number(line['event.duration']) > 490e6, 'the line tells the time')
  await things.put('http-delay', variant('off'))
  assert.ok((await took(() => things.client.get('/things/7'))) < 400)
})

test('http-error fails each request as an unforeseen fault does: envelope, line, error event, metric by route', async () => {
  await using receiver = await startSentryReceiver()
  await using things = await startFaultyProcess({ faults: true, env: { SENTRY_DSN: receiver.dsn } })
  await things.put('http-error', variant('all'))
  const { status, body } = await things.client.get('/things/7')
  const { timestamp, correlation_id: correlationId, trace_id: traceId, ...envelope } = body as Record<string, unknown>
  assert.deepEqual([status, typeof timestamp], [500, 'string'])
  assert.deepEqual(envelope, {
    status: 500,
    message: 'internal server error',
    error: 'internal server error',
    code: 'INTERNAL_SERVER_ERROR',
  })
  const line = await things.child.waitForLine({ 'event.action': 'http.request', 'http.response.status_code': 500 })
  assert.deepEqual(
    [line['log.level'], line['http.route'], line['error.message'], line['trace.id'], line['labels.correlation_id']],
    ['error', '/api/v1/things/:id', 'injected fault: http-error', traceId, correlationId],
  )
  const [event] = await receiver.waitFor((all) => (all.length > 0 ? all : undefined), 'the event')
  assert.deepEqual([event?.exception?.value, event?.traceId], ['injected fault: http-error', traceId])
  const metrics = await (await things.ask('/metrics')).text()
  assert.match(metrics, /http_server_request_duration_seconds_count\{[^}]*route="\/api\/v1\/things\/:id"[^}]*"500"/)
  assert.equal((await things.ask('/healthz')).status, 200)
  await things.put('http-error', variant('off'))
  assert.equal((await things.client.get('/things/7')).status, 200)
})

test('http-error hits the share of requests that it says', async () => {
  await using things = await startFaultyProcess({ faults: true })
  await things.put('http-error', variant('some'))
  const statuses: number[] = []
  for (let n = 0; n < 300; n += 1) statuses.push((await things.client.get('/things/7')).status)
  const failed = statuses.filter((status) => status === 500).length
  // Outside these bounds once in a million runs.
  assert.ok(failed > 25 && failed < 100, `${failed} of 300`)
})
