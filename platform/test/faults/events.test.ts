import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { startFaults } from '../../src/faults/start-faults.ts'
import { on } from '../../src/kafka/consumer.ts'
import { statement } from '../../src/postgres/connect.ts'
import { startOutboxRelay } from '../../src/postgres/outbox-relay.ts'
import { appendEvents } from '../../src/postgres/outbox.ts'
import { scrape } from '../../src/telemetry/metrics.ts'
import { eventually } from '../../src/testing/eventually.ts'
import { counted, openWorld, readTopic, writeEffect } from '../kafka/world.ts'

const inboxSize = statement('test.faults-inbox-size', 'SELECT count(*) AS count FROM inbox')

/** The largest value of a metric in this process now. */
const valueOf = async (metric: string): Promise<number> => {
  const lines = (await scrape()).body.split('\n').filter((line) => line.startsWith(metric))
  return Math.max(0, ...lines.map((line) => Number(line.replace(/ # .*/, '').split(' ').at(1))))
}

test('consumer-stall: nothing is handled, the member stays, the lag shows, and it goes on where it was', async () => {
  await using stack = new AsyncDisposableStack()
  const { producer, consume, message, effects, effectsAre } = await openWorld(stack)
  const faults = stack.use(await startFaults())
  const consumer = stack.use(consume({ handlers: [on(counted, writeEffect)], faults }))
  await producer.publish([message({ key: 'k', n: 1 })])
  await effectsAre([1])
  faults.change('consumer-stall', 'on')
  await producer.publish([2, 3, 4].map((n) => message({ key: 'k', n })))
  await eventually(async () => assert.equal(await valueOf('messaging_consumer_lag{'), 3), { timeoutMs: 25_000 })
  // Longer than a session of the group: who sent no heartbeats would be out of it.
  await sleep(7_000)
  await consumer.check()
  assert.deepEqual(
    (await effects()).map(({ n }) => n),
    [1],
  )
  assert.equal(await valueOf('messaging_retries_total{'), 0)
  faults.change('consumer-stall', 'off')
  await effectsAre([1, 2, 3, 4], 5_000)
})

test('consumer-error: events end among the dead letters as if they had never come, and the rest goes on', async () => {
  await using stack = new AsyncDisposableStack()
  const { db, producer, consume, message, effectsAre, brokers, topicPrefix } = await openWorld(stack)
  const faults = stack.use(await startFaults())
  faults.change('consumer-error', 'on')
  stack.use(consume({ handlers: [on(counted, writeEffect)], faults }))
  await producer.publish([message({ key: 'k', n: 1 })])
  const [dead] = await readTopic(brokers, `${topicPrefix}pharos.users.v1.dlq`, 1)
  assert.deepEqual([dead?.value, dead?.headers['x-error-code']], ['{"key":"k","n":1}', 'Error'])
  assert.deepEqual(await db.statement(inboxSize, []), [{ count: 0 }])
  faults.change('consumer-error', 'off')
  await producer.publish([message({ key: 'k', n: 2 })])
  await effectsAre([2])
})

test('relay-stop: nothing is published, what waits is measured and ages, and it goes out when the fault ends', async () => {
  await using stack = new AsyncDisposableStack()
  const { db, producer, consume, effects, effectsAre } = await openWorld(stack)
  const faults = stack.use(await startFaults())
  const add = (n: number) => db.transaction((tx) => appendEvents(tx, [counted.event({ key: 'k', n })]))
  stack.use(consume({ handlers: [on(counted, writeEffect)] }))
  const relay = stack.use(startOutboxRelay({ db, producer, faults, pollMs: 50 }))
  await add(1)
  await effectsAre([1])
  faults.change('relay-stop', 'on')
  // A round that has begun is finished.
  await sleep(200)
  await add(2)
  await add(3)
  await eventually(async () => assert.equal(await valueOf('outbox_pending '), 2))
  const age = await valueOf('outbox_oldest_age_seconds ')
  await sleep(1_000)
  assert.ok((await valueOf('outbox_oldest_age_seconds ')) > age + 0.9)
  assert.ok(relay.active)
  assert.deepEqual(
    (await effects()).map(({ n }) => n),
    [1],
  )
  faults.change('relay-stop', 'off')
  await effectsAre([1, 2, 3])
  await eventually(async () => assert.equal(await valueOf('outbox_pending '), 0))
})
