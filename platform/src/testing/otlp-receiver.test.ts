import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { startOtlpReceiver } from './otlp-receiver.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

const exported = (service: string, spans: readonly object[]) => ({
  resourceSpans: [
    { resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] }, scopeSpans: [{ spans }] },
  ],
})

const span = (spanId: string, parentSpanId: string | undefined, name: string, startMs: number, more: object = {}) => ({
  traceId: TRACE,
  spanId,
  ...(parentSpanId && { parentSpanId }),
  name,
  kind: 2,
  startTimeUnixNano: `${1_700_000_000_000 + startMs}123456`,
  endTimeUnixNano: `${1_700_000_000_001 + startMs}123456`,
  attributes: [],
  status: { code: 0 },
  ...more,
})

const send = (url: string, body: object) =>
  fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: gzipSync(JSON.stringify(body)),
  })

test('spans of several processes become one tree, whatever order they arrive in', async () => {
  await using receiver = await startOtlpReceiver()
  await send(receiver.url, exported('users', [span('c'.repeat(16), 'b'.repeat(16), 'SELECT users', 3, { kind: 3 })]))
  await send(receiver.url, exported('users', [span('b'.repeat(16), 'a'.repeat(16), 'GET /users/:id', 2)]))
  await send(receiver.url, exported('gateway', [span('a'.repeat(16), undefined, 'GET /users/:id', 1)]))
  assert.deepEqual(receiver.treeOf(TRACE), [
    'GET /users/:id@gateway',
    '  GET /users/:id@users',
    '    SELECT users@users',
  ])
  assert.deepEqual(receiver.treeOf(TRACE, ({ kind }) => kind === 'server').length, 2)
})

test('a span keeps its times to the microsecond, its attributes by type, its status and its kind', async () => {
  await using receiver = await startOtlpReceiver()
  const attributes = [
    { key: 'app.correlation_id', value: { stringValue: 'mine' } },
    { key: 'http.response.status_code', value: { intValue: '503' } },
    { key: 'error', value: { boolValue: true } },
  ]
  const status = { code: 2, message: 'away' }
  await send(receiver.url, exported('users', [span('a'.repeat(16), undefined, 'GET', 0, { attributes, status })]))
  const [only] = await receiver.waitFor((spans) => (spans.length > 0 ? spans : undefined), 'the span')
  assert.ok(only)
  assert.equal(only.start, 1_700_000_000_000.123)
  assert.deepEqual(only.attributes, { 'app.correlation_id': 'mine', 'http.response.status_code': 503, error: true })
  assert.deepEqual([only.kind, only.status, only.statusMessage], ['server', 'error', 'away'])
  assert.deepEqual(receiver.tracesOf('mine'), [TRACE])
})

test('waiting for what does not come says what it was', async () => {
  await using receiver = await startOtlpReceiver()
  await assert.rejects(
    receiver.waitFor(() => undefined, 'the span of a login', 50),
    /the span of a login did not arrive within 50 ms/,
  )
})
