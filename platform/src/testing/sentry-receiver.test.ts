import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { startSentryReceiver } from './sentry-receiver.ts'

const EVENT = {
  event_id: 'e1',
  level: 'error',
  release: 'pharos@0.1.0',
  environment: 'local',
  tags: { correlation_id: 'mine', service: 'users' },
  contexts: { trace: { trace_id: 't', span_id: 's' } },
  exception: {
    values: [
      { type: 'Error', value: 'the cause' },
      { type: 'AppError', value: 'ünavailable' },
    ],
  },
}

const envelope = (...items: readonly string[]): Buffer =>
  Buffer.from([JSON.stringify({ dsn: 'x' }), ...items].join('\n'))

const sendTo = (dsn: string, body: Buffer) => {
  const { origin } = new URL(dsn)
  return fetch(`${origin}/api/1/envelope/?sentry_key=pharos`, {
    method: 'POST',
    headers: { 'content-encoding': 'gzip' },
    body: new Uint8Array(gzipSync(body)),
  })
}

test('an event of an envelope is read with and without a length, between other items', async () => {
  await using receiver = await startSentryReceiver()
  const payload = JSON.stringify(EVENT)
  const sized = [JSON.stringify({ type: 'event', length: Buffer.byteLength(payload) }), payload]
  const session = [JSON.stringify({ type: 'session' }), '{"sid":"1"}']
  await sendTo(receiver.dsn, envelope(...session, ...sized))
  await sendTo(receiver.dsn, envelope(JSON.stringify({ type: 'event' }), payload, ...session))
  const events = await receiver.waitFor((all) => (all.length === 2 ? all : undefined), 'two events')
  for (const event of events) {
    assert.deepEqual(event.exception, { type: 'AppError', value: 'ünavailable' })
    assert.deepEqual([event.traceId, event.spanId, event.tags['correlation_id']], ['t', 's', 'mine'])
    assert.deepEqual([event.release, event.environment], ['pharos@0.1.0', 'local'])
  }
})
