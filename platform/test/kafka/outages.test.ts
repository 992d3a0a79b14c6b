import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topics } from '../../src/contracts/topics.ts'
import { on } from '../../src/kafka/consumer.ts'
import { createTopics } from '../../src/kafka/create-topics.ts'
import { connectProducer } from '../../src/kafka/producer.ts'
import { appendEvents } from '../../src/postgres/outbox.ts'
import { startOutboxRelay } from '../../src/postgres/outbox-relay.ts'
import { eventually } from '../../src/testing/eventually.ts'
import { ownKafka } from '../own-servers.ts'
import { counted, openWorld, writeEffect } from './world.ts'

test('Kafka away at the start, there, killed, and back: no hand is needed and no event is lost or doubled', async () => {
  await using server = await ownKafka()
  const brokers = [server.url]
  await createTopics({ brokers })
  await server.stop()
  await using stack = new AsyncDisposableStack()
  const startedAt = performance.now()
  const { db, producer, consume, effectsAre } = await openWorld(stack, { brokers, topicPrefix: '' })
  stack.use(consume({ handlers: [on(counted, writeEffect)] }))
  stack.use(startOutboxRelay({ db, producer }))
  const add = (n: number) => db.transaction((tx) => appendEvents(tx, [counted.event({ key: 'k', n })]))
  await add(1)
  assert.ok(performance.now() - startedAt < 3_000, 'the start and a write do not wait for Kafka')
  await assert.rejects(producer.check(), { kind: 'unavailable' })
  await server.start()
  await effectsAre([1], 60_000)
  await producer.check()
  await server.kill()
  await add(2)
  await add(3)
  await server.start()
  await effectsAre([1, 2, 3], 60_000)
})

test('publishing says unavailable while no broker is there', async () => {
  await using producer = await connectProducer({ brokers: ['127.0.0.1:1'], clientId: 'test', topicPrefix: '' })
  const event = counted.event({ key: 'k', n: 1 })
  const message = { ...event, data: '{}' }
  await assert.rejects(producer.publish([message]), { kind: 'unavailable', code: 'kafka.unavailable' })
  await assert.rejects(producer.publish([message]), { kind: 'unavailable', code: 'kafka.unavailable' })
})

test('topics are made as the contracts say, corrected when they are not, and left alone when they are', async () => {
  await using server = await ownKafka()
  const brokers = [server.url]
  const made = await createTopics({ brokers, topicPrefix: 'x.' })
  assert.equal(made.length, Object.keys(topics).length * 2)
  assert.ok(made.includes('x.pharos.users.v1: created, 6 partitions'))
  assert.deepEqual(await createTopics({ brokers, topicPrefix: 'x.' }), [])
  const { default: kafkajs } = await import('kafkajs')
  const admin = new kafkajs.Kafka({ brokers, clientId: 'test', logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  const configEntries = [{ name: 'retention.ms', value: '1000' }]
  const type = kafkajs.ConfigResourceTypes.TOPIC
  await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: 'x.pharos.users.v1', configEntries }] })
  await eventually(async () => {
    assert.deepEqual(await createTopics({ brokers, topicPrefix: 'x.' }), ['x.pharos.users.v1: settings corrected'])
  })
  await admin.disconnect()
})
