import assert from 'node:assert/strict'
import { test } from 'node:test'
import { on } from '../../src/kafka/consumer.ts'
import { startOutboxRelay } from '../../src/postgres/outbox-relay.ts'
import { appendEvents } from '../../src/postgres/outbox.ts'
import { connectRedis } from '../../src/redis/connect.ts'
import { runWork } from '../../src/telemetry/context.ts'
import { scrape } from '../../src/telemetry/metrics.ts'
import type { SpanNote } from '../../src/telemetry/span-note.ts'
import { SpanShape } from '../../src/telemetry/span-shape.ts'
import { tracing, useSpanSink } from '../../src/telemetry/trace-pipeline.ts'
import type { SpanSink } from '../../src/telemetry/trace-pipeline.ts'
import { eventually } from '../../src/testing/eventually.ts'
import { testRedisUrl } from '../../src/testing/stores.ts'
import { counted, openWorld, writeEffect } from './world.ts'

const collected: SpanNote[] = []
const collector: SpanSink = {
  take: (spans) => void collected.push(...spans),
  flush: async () => {},
}

/** `name(child child)`, children in the order in which they began. */
const treeOf = (spans: readonly SpanNote[], parent: string | undefined): string =>
  spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .toSorted((one, other) => one.startedAt - other.startedAt)
    .map((span) => {
      const children = treeOf(spans, span.spanId)
      return children === '' ? span.name : `${span.name}(${children})`
    })
    .join(' ')

test('one trace from the request to the effect: every statement, command and hop once, and no value in any of them', async () => {
  await using stack = new AsyncDisposableStack()
  const { db, producer, consume, effectsAre } = await openWorld(stack)
  const redis = stack.use(connectRedis({ url: testRedisUrl() }))
  await redis.attempted
  const relay = stack.use(startOutboxRelay({ db, producer }))
  stack.use(consume({ handlers: [on(counted, writeEffect)] }))
  await eventually(() => assert.ok(relay.active))
  Object.assign(tracing, { notes: true, enabled: true, ratio: 1 })
  useSpanSink(collector)

  await runWork({ shape: new SpanShape('request', 'internal') }, async () => {
    await redis.client.get('private-key')
    await db.transaction(async (tx) => {
      await db.sequelize.query(`INSERT INTO effects (key, n) VALUES ('private-value', 0)`, { transaction: tx })
      await appendEvents(tx, [counted.event({ key: 'private-event', n: 1 })])
    })
  })
  await effectsAre([0, 1])
  await eventually(() => assert.ok(collected.some(({ name }) => name.startsWith('process'))))

  assert.equal(new Set(collected.map(({ traceId }) => traceId)).size, 1)
  const effect = 'BEGIN inbox.remember test.insert-effect COMMIT'
  assert.equal(
    treeOf(collected, undefined),
    `request(GET BEGIN INSERT effects outbox.append COMMIT send pharos.users.v1(process pharos.users.v1(${effect})))`,
  )
  assert.doesNotMatch(JSON.stringify(collected.map(({ name, attributes }) => [name, attributes])), /private/)

  const append = collected.find(({ name }) => name === 'outbox.append')
  assert.equal(append?.attributes['db.operation.name'], 'INSERT')
  assert.match(String(append?.attributes['db.query.text']), /^INSERT INTO outbox .*\$1/s)
  const process = collected.find(({ name }) => name.startsWith('process'))
  assert.equal(process?.attributes['messaging.destination.name'], 'pharos.users.v1')

  const { body } = await scrape()
  assert.match(body, /db_client_operation_duration_seconds_count\{statement="INSERT effects"\} 1\b/)
  assert.match(body, /messaging_process_duration_seconds_count\{topic="pharos.users.v1",outcome="ok"\} 1\b/)
  assert.match(body, /app_domain_events_total\{type="test.counted"\} 1\b/)
  assert.match(body, /db_client_connections\{state="idle"\} [1-9]/)
})
