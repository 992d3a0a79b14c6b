import assert from 'node:assert/strict'
import kafkajs from 'kafkajs'
import type { Consumer, IHeaders } from 'kafkajs'
import { z } from 'zod'
import { defineEvent } from '../../src/contracts/events/define.ts'
import { topics } from '../../src/contracts/topics.ts'
import { startConsumer } from '../../src/kafka/consumer.ts'
import type { ConsumerOptions } from '../../src/kafka/consumer.ts'
import { connectProducer } from '../../src/kafka/producer.ts'
import { connectPostgres, statement } from '../../src/postgres/connect.ts'
import type { Tx } from '../../src/postgres/connect.ts'
import { inboxedStatement } from '../../src/postgres/inbox.ts'
import { eventually } from '../../src/testing/eventually.ts'
import { testDatabase, testTopics } from '../../src/testing/stores.ts'

export const counted = defineEvent({
  type: 'test.counted',
  topic: topics.users,
  schema: z.object({ key: z.string(), n: z.int() }),
  key: ({ key }) => key,
})

const insert = statement('test.insert-effect', 'INSERT INTO effects (key, n) VALUES ($1, $2)')
/** The same in one statement with the inbox row. */
export const effectStatement = inboxedStatement(
  'test.insert-effect-once',
  2,
  (isFirst) => `INSERT INTO effects (key, n) SELECT $1, $2 WHERE ${isFirst}`,
)
const select = statement('test.effects', 'SELECT key, n FROM effects ORDER BY id')

export type Effect = { readonly key: string; readonly n: number }

/** What a handler does in these tests: a row without any uniqueness, so that a doubled effect shows. */
export const writeEffect = async ({ data }: { data: Effect }, tx: Tx): Promise<void> => {
  await tx.statement(insert, [data.key, data.n])
}

/** A database with a table of effects, topics, a producer, and consumers in any number. */
export const openWorld = async (stack: AsyncDisposableStack, kafka?: { brokers: string[]; topicPrefix: string }) => {
  const { url } = stack.use(await testDatabase())
  const place = kafka ?? stack.use(await testTopics({ only: [topics.users.name] }))
  const { brokers, topicPrefix } = place
  const db = stack.use(await connectPostgres({ url, poolMax: 8, applicationName: 'test' }))
  await db.sequelize.query('CREATE TABLE effects (id bigint GENERATED ALWAYS AS IDENTITY, key text, n int)')
  const producer = stack.use(await connectProducer({ brokers, clientId: 'test', topicPrefix }))

  const message = (data: Effect, more: object = {}) => {
    const event = counted.event(data)
    return { ...event, data: JSON.stringify(data), ...more }
  }
  const consume = (options: Partial<ConsumerOptions> & Pick<ConsumerOptions, 'handlers'>) =>
    startConsumer({ brokers, topicPrefix, groupId: `${topicPrefix}group`, db, ...options })
  const effects = (): Promise<Effect[]> => db.statement<Effect>(select, [])
  const effectsAre = (expected: number[], timeoutMs = 20_000) =>
    eventually(
      async () =>
        assert.deepEqual(
          (await effects()).map(({ n }) => n),
          expected,
        ),
      { timeoutMs },
    )
  return { url, db, brokers, topicPrefix, producer, message, consume, effects, effectsAre }
}

export type WireMessage = { readonly key: string; readonly value: string; readonly headers: Record<string, string> }

const textsOf = (headers: IHeaders | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]))

/** Everything that is in a topic, as a stranger reads it. */
export const readTopic = async (brokers: string[], topic: string, count: number): Promise<WireMessage[]> => {
  const kafka = new kafkajs.Kafka({ clientId: 'reader', brokers, logLevel: kafkajs.logLevel.NOTHING })
  const reader: Consumer = kafka.consumer({ groupId: `reader-${Math.random()}`, maxWaitTimeInMs: 100 })
  const read: WireMessage[] = []
  await reader.connect()
  await reader.subscribe({ topic, fromBeginning: true })
  await reader.run({
    eachMessage: async ({ message }) => {
      read.push({ key: String(message.key), value: String(message.value), headers: textsOf(message.headers) })
    },
  })
  try {
    await eventually(() => assert.ok(read.length >= count), { timeoutMs: 20_000 })
    return read
  } finally {
    await reader.disconnect()
  }
}
