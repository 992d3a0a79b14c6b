import { randomBytes } from 'node:crypto'
import kafkajs from 'kafkajs'
import pg from 'pg'
import { deadLetterTopic, topics } from '../contracts/topics.ts'
import { untilTopicsAreServed } from '../kafka/create-topics.ts'
import { migrate } from '../postgres/migrate.ts'
import { Secret } from '../runtime/config.ts'

type StoreVariable = 'POSTGRES_URL' | 'REDIS_URL' | 'KAFKA_BROKERS'

/** @throws Error that says how to run a test with stores, when their address is not in the environment */
const address = (name: StoreVariable): string => {
  const value = process.env[name]
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: run tests by \`npm test -- <pattern>\`, which starts the stores`)
  }
  return value
}

const uniqueName = (): string => `t${Date.now().toString(36)}${randomBytes(4).toString('hex')}`

const administer = async (sql: string): Promise<void> => {
  const client = new pg.Client({ connectionString: address('POSTGRES_URL') })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/**
 * A fresh database on the test server: with the kit's tables, and with the service's when its `migrations` folder is
 * given; `empty` leaves out both. Dropped on disposal, also when connections are still open.
 */
export const testDatabase = async (
  options: { migrations?: URL; empty?: true } = {},
): Promise<{ url: Secret; name: string } & AsyncDisposable> => {
  const name = `pharos_${uniqueName()}`
  await administer(`CREATE DATABASE ${name}`)
  const url = new URL(address('POSTGRES_URL'))
  url.pathname = `/${name}`
  const secret = new Secret(url.href)
  if (!options.empty) await migrate(secret, options.migrations)
  return {
    url: secret,
    name,
    [Symbol.asyncDispose]: () => administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  }
}

/** The address of the test Redis with a key prefix of its own, in the form that `connectRedis` takes. */
export const testRedisUrl = (): Secret => {
  const url = new URL(address('REDIS_URL'))
  url.searchParams.set('prefix', `${uniqueName()}:`)
  return new Secret(url.href)
}

/**
 * Topics of one's own: every topic of the contracts and its dead letters, below a fresh prefix, with two partitions.
 * `only` takes names of topics (`pharos.users.v1`) when a test needs few. Deleted on disposal.
 */
export const testTopics = async (
  options: { only?: readonly string[]; partitions?: number } = {},
): Promise<{ brokers: string[]; topicPrefix: string } & AsyncDisposable> => {
  const brokers = address('KAFKA_BROKERS').split(',')
  const topicPrefix = `${uniqueName()}.`
  const names = (options.only ?? Object.values(topics).map(({ name }) => name)).map((name) => topicPrefix + name)
  const admin = new kafkajs.Kafka({ clientId: 'test', brokers, logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  const all = names.flatMap((name) => [
    { name, partitions: options.partitions ?? 2 },
    { name: deadLetterTopic(name), partitions: 1 },
  ])
  await admin.createTopics({
    waitForLeaders: false,
    topics: all.map(({ name, partitions }) => ({ topic: name, numPartitions: partitions, replicationFactor: 1 })),
  })
  await untilTopicsAreServed(admin, all)
  return {
    brokers,
    topicPrefix,
    [Symbol.asyncDispose]: async () => {
      await admin.deleteTopics({ topics: all.map(({ name }) => name) }).catch(() => {})
      await admin.disconnect()
    },
  }
}
