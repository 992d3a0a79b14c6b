import { setTimeout as delay } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import type { Admin } from 'kafkajs'
import { z } from 'zod'
import { DEAD_LETTER_PARTITIONS, DEAD_LETTER_RETENTION_MS, deadLetterTopic, topics } from '../contracts/topics.ts'
import type { Topic } from '../contracts/topics.ts'
import { kafkaSettings, parseConfig } from '../runtime/config.ts'
import { createKafka } from './client.ts'

type Wanted = { readonly name: string; readonly partitions: number; readonly settings: Record<string, string> }

const CONNECT_ATTEMPTS = 20
const SERVED_WITHIN_MS = 30_000
const NOT_SERVED_YET = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'])
/** Leaves the number of copies to the broker: one on a laptop, three in a cluster. */
const BROKER_DEFAULT = -1

const wantedTopics = (prefix: string): Wanted[] =>
  Object.values<Topic>(topics).flatMap(({ name, partitions, retentionMs, cleanup }) => [
    {
      name: prefix + name,
      partitions,
      settings: { 'retention.ms': String(retentionMs), 'cleanup.policy': cleanup },
    },
    {
      name: prefix + deadLetterTopic(name),
      partitions: DEAD_LETTER_PARTITIONS,
      settings: { 'retention.ms': String(DEAD_LETTER_RETENTION_MS), 'cleanup.policy': 'delete' },
    },
  ])

/** Of those that the brokers serve; none while they do not know all of them yet. */
const partitionCounts = async (
  admin: Admin,
  wanted: readonly { readonly name: string }[],
): Promise<Map<string, number>> => {
  try {
    const { topics: found } = await admin.fetchTopicMetadata({ topics: wanted.map(({ name }) => name) })
    return new Map(found.map(({ name, partitions }) => [name, partitions.length]))
  } catch (error) {
    if (error instanceof kafkajs.KafkaJSProtocolError && NOT_SERVED_YET.has(error.type)) return new Map()
    throw error
  }
}

const connect = async (admin: Admin): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await admin.connect()
    } catch (error) {
      if (attempt === CONNECT_ATTEMPTS) throw error
    }
  }
}

/**
 * Resolves when the brokers serve all these topics with at least so many partitions. A KRaft controller acknowledges a
 * change before the brokers have heard of it; until then they deny that a topic exists, which kafkajs' own
 * `waitForLeaders` takes for a failure.
 * @returns how many partitions each has
 * @throws Error when they still do not after half a minute
 */
export const untilTopicsAreServed = async (
  admin: Admin,
  wanted: readonly { readonly name: string; readonly partitions: number }[],
): Promise<Map<string, number>> => {
  const deadline = performance.now() + SERVED_WITHIN_MS
  for (;;) {
    const counts = await partitionCounts(admin, wanted)
    if (wanted.every(({ name, partitions }) => (counts.get(name) ?? 0) >= partitions)) return counts
    if (performance.now() > deadline) throw new Error('the brokers do not serve the topics that were just made')
    await delay(50)
  }
}

const addPartitions = async (
  admin: Admin,
  wanted: Wanted[],
  counts: ReadonlyMap<string, number>,
): Promise<string[]> => {
  const short = wanted.filter(({ name, partitions }) => (counts.get(name) ?? 0) < partitions)
  if (short.length > 0) {
    await admin.createPartitions({
      topicPartitions: short.map(({ name, partitions }) => ({ topic: name, count: partitions })),
    })
  }
  return short.map(({ name, partitions }) => `${name}: now ${partitions} partitions`)
}

const correctSettings = async (admin: Admin, wanted: Wanted[]): Promise<string[]> => {
  const type = kafkajs.ConfigResourceTypes.TOPIC
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: wanted.map(({ name, settings }) => ({ type, name, configNames: Object.keys(settings) })),
  })
  const actual = new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  )
  const wrong = wanted.filter(({ name, settings }) =>
    Object.entries(settings).some(([key, value]) => actual.get(name)?.get(key) !== value),
  )
  if (wrong.length > 0) {
    await admin.alterConfigs({
      validateOnly: false,
      resources: wrong.map(({ name, settings }) => ({
        type,
        name,
        configEntries: Object.entries(settings).map(([key, value]) => ({ name: key, value })),
      })),
    })
  }
  return wrong.map(({ name }) => `${name}: settings corrected`)
}

/**
 * Makes the topics of the contracts and their dead letters as they must be: creates what is missing, adds partitions,
 * corrects retention and clean-up. Harmless to repeat. Waits some seconds for a broker that is just starting.
 * @returns a line for each thing that was done
 */
export const createTopics = async (options: {
  brokers: readonly string[]
  topicPrefix?: string
}): Promise<string[]> => {
  const wanted = wantedTopics(options.topicPrefix ?? '')
  const admin = createKafka(options.brokers, 'create-topics').admin()
  await connect(admin)
  try {
    const existing = new Set(await admin.listTopics())
    const missing = wanted.filter(({ name }) => !existing.has(name))
    if (missing.length > 0) {
      await admin.createTopics({
        waitForLeaders: false,
        topics: missing.map(({ name, partitions, settings }) => ({
          topic: name,
          numPartitions: partitions,
          replicationFactor: BROKER_DEFAULT,
          configEntries: Object.entries(settings).map(([key, value]) => ({ name: key, value })),
        })),
      })
    }
    const done = missing.map(
      ({ name, partitions }) => `${name}: created, ${partitions} partition${partitions === 1 ? '' : 's'}`,
    )
    const counts = await untilTopicsAreServed(
      admin,
      wanted.map(({ name }) => ({ name, partitions: 1 })),
    )
    const added = await addPartitions(admin, wanted, counts)
    if (added.length > 0) await untilTopicsAreServed(admin, wanted)
    return [...done, ...added, ...(await correctSettings(admin, wanted))]
  } finally {
    await admin.disconnect()
  }
}

if (import.meta.main) {
  const say = (line: string): void => void process.stdout.write(`topics: ${line}\n`)
  try {
    const { KAFKA_BROKERS, TOPIC_PREFIX } = parseConfig(z.object(kafkaSettings), process.env)
    const done = await createTopics({ brokers: KAFKA_BROKERS, topicPrefix: TOPIC_PREFIX })
    for (const line of done.length === 0 ? ['nothing to do'] : done) say(line)
  } catch (error) {
    say(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
    process.exitCode = 1
  }
}
