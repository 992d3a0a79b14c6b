import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { eventually } from '../../src/testing/eventually.ts'
import { startSentryReceiver } from '../../src/testing/sentry-receiver.ts'
import { startThingProcess } from './thing-process.ts'

const startWatched = async (env: Record<string, string> = {}) => {
  const receiver = await startSentryReceiver()
  const things = await startThingProcess({
    SENTRY_DSN: receiver.dsn,
    SERVICE_VERSION: '1.2.3',
    DEPLOYMENT_ENVIRONMENT: 'test',
    ...env,
  })
  return {
    ...things,
    receiver,
    [Symbol.asyncDispose]: async () => {
      await things[Symbol.asyncDispose]()
      await receiver[Symbol.asyncDispose]()
    },
  }
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const JWT = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl'
const PRIVATE = {
  traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
  'x-correlation-id': 'mine',
  authorization: `Bearer ${JWT}`,
  cookie: 'session=hunter22',
  'x-forwarded-for': '203.0.113.9',
}

test('a 5xx is an error event with release, environment, service, route, correlation id and trace, and no personal data', async () => {
  await using things = await startWatched()
  await things.client.get('/fail/plain?email=ada@example.org', { headers: PRIVATE })
  const [event = assert.fail()] = await things.receiver.waitFor(
    (all) => (all.length > 0 ? all : undefined),
    'the event',
  )
  assert.deepEqual([event.release, event.environment, event.level], ['pharos@1.2.3', 'test', 'error'])
  assert.deepEqual(event.tags, { service: 'child', correlation_id: 'mine', route: '/api/v1/fail/:how' })
  const line = await things.child.waitForLine({ 'event.action': 'http.request' })
  assert.deepEqual([event.traceId, event.spanId], [TRACE, line['span.id']])
  assert.deepEqual(event.exception, { type: 'Error', value: 'SELECT secret FROM passwords' })
  const sent = things.receiver.bodies.join()
  for (const leak of ['ada@', 'hunter22', JWT, '203.0.113.9', hostname()]) assert.ok(!sent.includes(leak), leak)
})

test('what was thrown is masked: addresses, tokens and the contents of things that are no errors', async () => {
  await using things = await startWatched()
  things.child.process.kill('SIGUSR1')
  await things.client.get('/fail/private')
  await things.receiver.waitFor((all) => (all.length === 2 ? all : undefined), 'two events')
  assert.doesNotMatch(things.receiver.bodies.join(), /ada@|hunter22|eyJ\w+\.eyJ/)
})

test('an event that nobody takes is counted as failed, and one that is taken as sent', async () => {
  await using taken = await startWatched()
  const gone = await startSentryReceiver()
  await gone[Symbol.asyncDispose]()
  await using lost = await startThingProcess({ SENTRY_DSN: gone.dsn })
  for (const things of [taken, lost]) await things.client.get('/fail/plain')
  const counted = async (things: Awaited<ReturnType<typeof startThingProcess>>): Promise<Record<string, number>> => {
    const text = await things.scrape()
    const found = text.matchAll(/^error_events_total\{outcome="(\w+)"\} (\d+)/gm)
    return Object.fromEntries([...found].map(([, outcome = '', count]) => [outcome, Number(count)]))
  }
  await eventually(async () => assert.deepEqual(await counted(taken), { captured: 1, sent: 1, failed: 0 }))
  await eventually(async () => assert.deepEqual(await counted(lost), { captured: 1, sent: 0, failed: 1 }))
})

test('a refusal is no error event, and a fault is one for each request', async () => {
  await using things = await startWatched()
  for (const how of ['invalid', 'conflict', 'not-found', 'too-many']) await things.client.get(`/fail/${how}`)
  const ids = ['first', 'second', 'third']
  for (const id of ids) await things.client.get('/fail/plain', { headers: { 'x-correlation-id': id } })
  await things.receiver.waitFor((all) => (all.length >= ids.length ? true : undefined), 'an event for each fault')
  assert.deepEqual(
    things.receiver.events.map(({ tags }) => tags['correlation_id'] as string).toSorted(),
    ids.toSorted(),
  )
})

test('a process that ends by a fault sends the event first', async () => {
  await using things = await startWatched()
  things.child.process.kill('SIGUSR1')
  things.child.process.kill('SIGTERM')
  await things.child.exit
  assert.equal(things.receiver.events.length, 1)
})

test('without DSN, or switched off, nothing is sent', async () => {
  await using things = await startWatched({ TELEMETRY_ERRORS: 'off' })
  await things.client.get('/fail/plain')
  things.child.process.kill('SIGTERM')
  await things.child.exit
  assert.equal(things.receiver.bodies.length, 0)
})

test('a receiver that is away costs nothing but the event', async () => {
  await using things = await startThingProcess({ SENTRY_DSN: 'http://pharos@127.0.0.1:9/1' })
  assert.equal((await things.client.get('/fail/plain')).status, 500)
  things.child.process.kill('SIGTERM')
  assert.equal((await things.child.exit).code, 0)
})
