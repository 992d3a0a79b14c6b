import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import { DEAD_LETTER_RETENTION_MS, deadLetterTopic, topics } from '@pharos/platform/contracts/topics'
import { eventually } from '@pharos/platform/testing/eventually'
import { createTopics, untilTopicsAreServed } from '@pharos/platform/kafka/create-topics'

const brokers = (process.env.KAFKA_BROKERS ?? '').split(',')
const { partitions, name: usersTopic, retentionMs } = topics.users

const someTopics = async () => {
  const topicPrefix = `t${randomBytes(6).toString('hex')}.`
  const admin = new kafkajs.Kafka({ clientId: 'test', brokers, logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  const ours = async () => (await admin.listTopics()).filter((name) => name.startsWith(topicPrefix))
  return {
    admin,
    topicPrefix,
    create: () => createTopics({ brokers, topicPrefix }),
    ours,
    async retentionOf(topic: string) {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [
          { type: kafkajs.ConfigResourceTypes.TOPIC, name: topicPrefix + topic, configNames: ['retention.ms'] },
        ],
      })
      return Number(resources[0]?.configEntries[0]?.configValue)
    },
    async partitionsOf(topic: string) {
      const { topics: found } = await admin.fetchTopicMetadata({ topics: [topicPrefix + topic] })
      return found[0]?.partitions.length
    },
    async [Symbol.asyncDispose]() {
      await admin.deleteTopics({ topics: await ours() })
      await admin.disconnect()
    },
  }
}

test('every topic and its dead letters are served once the job has ended, also when many jobs run at once', async () => {
  const count = Object.keys(topics).length * 2
  await using stack = new AsyncDisposableStack()
  const systems = await Promise.all(Array.from({ length: 6 }, async () => stack.use(await someTopics())))
  const reports = await Promise.all(systems.map((system) => system.create()))
  for (const report of reports) assert.equal(report.length, count)
  for (const system of systems) {
    assert.equal((await system.ours()).length, count)
    assert.equal(await system.partitionsOf(usersTopic), partitions)
    assert.equal(await system.retentionOf(usersTopic), retentionMs)
    assert.equal(await system.retentionOf(deadLetterTopic(usersTopic)), DEAD_LETTER_RETENTION_MS)
  }
})

test('a second run finds nothing to do', async () => {
  await using system = await someTopics()
  await system.create()
  assert.deepEqual(await system.create(), [])
})

test('topics that are not as they must be are put right', async () => {
  await using system = await someTopics()
  const name = system.topicPrefix + usersTopic
  await system.admin.createTopics({
    waitForLeaders: false,
    topics: [{ topic: name, numPartitions: 1, configEntries: [{ name: 'retention.ms', value: '1000' }] }],
  })
  await untilTopicsAreServed(system.admin, [{ name, partitions: 1 }])
  const done = await system.create()
  assert.ok(done.includes(`${name}: now ${partitions} partitions`), done.join('\n'))
  assert.ok(done.includes(`${name}: settings corrected`), done.join('\n'))
  assert.equal(await system.partitionsOf(usersTopic), partitions)
  await eventually(async () => assert.equal(await system.retentionOf(usersTopic), retentionMs))
})
