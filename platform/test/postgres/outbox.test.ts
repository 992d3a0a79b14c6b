import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { defineEvent } from '../../src/contracts/events/define.ts'
import { topics } from '../../src/contracts/topics.ts'
import { unavailable } from '../../src/errors.ts'
import type { EventMessage } from '../../src/kafka/message.ts'
import type { EventProducer } from '../../src/kafka/producer.ts'
import { connectPostgres, statement } from '../../src/postgres/connect.ts'
import { startOutboxRelay } from '../../src/postgres/outbox-relay.ts'
import { appendEvents } from '../../src/postgres/outbox.ts'
import { activeTraceparent, runWork } from '../../src/telemetry/context.ts'
import { SpanShape } from '../../src/telemetry/span-shape.ts'
import { scrape } from '../../src/telemetry/metrics.ts'
import { eventually } from '../../src/testing/eventually.ts'
import { testDatabase } from '../../src/testing/stores.ts'
import { ownPostgres } from '../own-servers.ts'
import { migrate } from '../../src/postgres/migrate.ts'
import { Secret } from '../../src/runtime/config.ts'

const counted = defineEvent({
  type: 'test.counted',
  topic: topics.users,
  schema: z.object({ key: z.string(), n: z.int() }),
  key: ({ key }) => key,
})

const left = statement('test.outbox-left', 'SELECT count(*) AS count FROM outbox')

/** Kafka as the relay knows it: takes batches in order, or does not. */
const fakeProducer = () => {
  const sent: EventMessage[] = []
  const producer = {
    away: false,
    batches: 0,
    sent,
    publish: async (messages: readonly EventMessage[]) => {
      if (producer.away) throw unavailable('kafka.unavailable')
      producer.batches += 1
      sent.push(...messages)
    },
  }
  return producer satisfies EventProducer
}

const numbers = (messages: readonly EventMessage[]): number[] =>
  messages.map(({ data }) => (JSON.parse(data) as { n: number }).n)

const openOutbox = async (stack: AsyncDisposableStack) => {
  const { url } = stack.use(await testDatabase())
  const open = async () => stack.use(await connectPostgres({ url, poolMax: 5, applicationName: 'test' }))
  const db = await open()
  return {
    db,
    open,
    add: (...ns: number[]) =>
      db.transaction((tx) =>
        appendEvents(
          tx,
          ns.map((n) => counted.event({ key: 'k', n })),
        ),
      ),
    isEmpty: () => eventually(async () => assert.deepEqual(await db.statement(left, []), [{ count: 0 }])),
  }
}

describe('the relay', { concurrency: false }, () => {
  test('publishes what was committed, in order, with the ids of the request, and deletes it', async () => {
    await using stack = new AsyncDisposableStack()
    const { db, add, isEmpty } = await openOutbox(stack)
    const producer = fakeProducer()
    await add(1, 2)
    let traceparent: string | undefined
    await runWork({ shape: new SpanShape('request', 'internal'), origin: { correlationId: 'corr-1' } }, async () => {
      traceparent = activeTraceparent()
      await add(3)
    })
    await assert.rejects(
      db.transaction(async (tx) => {
        await appendEvents(tx, [counted.event({ key: 'k', n: 99 })])
        throw new Error('rolled back')
      }),
    )
    stack.use(startOutboxRelay({ db, producer }))
    await isEmpty()
    assert.deepEqual(numbers(producer.sent), [1, 2, 3])
    assert.deepEqual(producer.sent[2]?.origin, { traceparent, correlationId: 'corr-1' })
    const { topic, type, source, key, time } = producer.sent[0] as EventMessage
    assert.deepEqual([topic, type, source, key], ['pharos.users.v1', 'test.counted', '/pharos/users', 'k'])
    assert.ok(time instanceof Date)
  })

  test('is woken by a commit of its own process and by one of another, without waiting for its poll', async () => {
    await using stack = new AsyncDisposableStack()
    const { db, open, add } = await openOutbox(stack)
    const producer = fakeProducer()
    const relay = stack.use(startOutboxRelay({ db, producer, pollMs: 60_000 }))
    await eventually(() => assert.ok(relay.active))
    await add(1)
    await eventually(() => assert.deepEqual(numbers(producer.sent), [1]), { timeoutMs: 2_000 })
    const other = await open()
    await other.transaction((tx) => appendEvents(tx, [counted.event({ key: 'k', n: 2 })]))
    await eventually(() => assert.deepEqual(numbers(producer.sent), [1, 2]), { timeoutMs: 2_000 })
  })

  test('publishes a row that is committed after one with a higher id', async () => {
    await using stack = new AsyncDisposableStack()
    const { db, add, isEmpty } = await openOutbox(stack)
    const producer = fakeProducer()
    stack.use(startOutboxRelay({ db, producer, pollMs: 50 }))
    await db.transaction(async (tx) => {
      await appendEvents(tx, [counted.event({ key: 'slow', n: 1 })])
      await add(2)
      await eventually(() => assert.deepEqual(numbers(producer.sent), [2]))
    })
    await isEmpty()
    assert.deepEqual(numbers(producer.sent), [2, 1])
  })

  test('that dies between publishing and deleting publishes again, under the same ids and in order', async () => {
    await using stack = new AsyncDisposableStack()
    const { db, add, isEmpty } = await openOutbox(stack)
    const producer = fakeProducer()
    await add(1, 2, 3)
    let deaths = 0
    const afterPublish = async (): Promise<void> => {
      if (deaths++ === 0) throw new Error('killed')
    }
    stack.use(startOutboxRelay({ db, producer, afterPublish }))
    await isEmpty()
    assert.deepEqual(numbers(producer.sent), [1, 2, 3, 1, 2, 3])
    assert.equal(new Set(producer.sent.map(({ id }) => id)).size, 3)
  })

  test('waits while Kafka is away, loses nothing, and catches up in batches', async () => {
    await using stack = new AsyncDisposableStack()
    const { db, add, isEmpty } = await openOutbox(stack)
    const producer = fakeProducer()
    producer.away = true
    const relay = stack.use(startOutboxRelay({ db, producer, pollMs: 50 }))
    await eventually(() => assert.ok(relay.active))
    for (let n = 0; n < 600; n += 20) await add(...Array.from({ length: 20 }, (_, i) => n + i))
    producer.away = false
    await isEmpty()
    assert.deepEqual(
      numbers(producer.sent),
      Array.from({ length: 600 }, (_, n) => n),
    )
    assert.ok(producer.batches < 20, `${producer.batches} batches`)
  })

  test('says how much waits and for how long, and keeps its connection while it waits', async () => {
    await using stack = new AsyncDisposableStack()
    const { db, add } = await openOutbox(stack)
    const producer = fakeProducer()
    producer.away = true
    await add(1, 2, 3)
    const relay = stack.use(startOutboxRelay({ db, producer, pollMs: 50 }))
    await eventually(() => assert.ok(relay.active))
    await eventually(async () => assert.match((await scrape()).body, /^outbox_pending 3$/m))
    assert.match((await scrape()).body, /^outbox_oldest_age_seconds 0\.\d*[1-9]/m)
    assert.ok(relay.active)
    producer.away = false
    await eventually(async () => assert.match((await scrape()).body, /^outbox_pending 0$/m))
  })

  test('is one at a time, and another takes over when the active one ends', async () => {
    await using stack = new AsyncDisposableStack()
    const { db, open, add, isEmpty } = await openOutbox(stack)
    const start = async (database = db) => {
      const producer = fakeProducer()
      return { producer, relay: startOutboxRelay({ db: database, producer, pollMs: 50 }) }
    }
    const both = [await start(), await start(await open())]
    const activeOnes = () => both.filter(({ relay }) => relay.active)
    await eventually(() => assert.equal(activeOnes().length, 1))
    const [first] = activeOnes()
    assert.ok(first)
    await add(1)
    await isEmpty()
    await first.relay[Symbol.asyncDispose]()
    await add(2)
    await isEmpty()
    const second = both.find((one) => one !== first)
    assert.deepEqual([numbers(first.producer.sent), numbers(second?.producer.sent ?? [])], [[1], [2]])
    await second?.relay[Symbol.asyncDispose]()
  })

  test('fits what it sends into what Kafka takes', async () => {
    await using stack = new AsyncDisposableStack()
    const { db, isEmpty } = await openOutbox(stack)
    const large = defineEvent({
      type: 'test.large',
      topic: topics.users,
      schema: z.object({ text: z.string() }),
      key: () => 'k',
    })
    const sizes: number[] = []
    const publish = async (messages: readonly EventMessage[]) => {
      sizes.push(messages.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0))
    }
    for (let i = 0; i < 5; i += 1) {
      await db.transaction((tx) => appendEvents(tx, [large.event({ text: 'x'.repeat(400_000) })]))
    }
    stack.use(startOutboxRelay({ db, producer: { publish } }))
    await isEmpty()
    assert.equal(sizes.length, 3)
    assert.ok(Math.max(...sizes) < 1_000_000)
    await assert.rejects(
      db.transaction((tx) => appendEvents(tx, [large.event({ text: 'x'.repeat(1_000_000) })])),
      /too large/,
    )
  })
})

test('a relay whose Postgres is killed works again when it is back, and nothing is lost', async () => {
  await using server = await ownPostgres()
  const url = new Secret(server.url)
  await migrate(url)
  await using stack = new AsyncDisposableStack()
  const db = stack.use(await connectPostgres({ url, poolMax: 2, applicationName: 'test' }))
  const producer = fakeProducer()
  const relay = stack.use(startOutboxRelay({ db, producer, pollMs: 100 }))
  const add = (n: number) => db.transaction((tx) => appendEvents(tx, [counted.event({ key: 'k', n })]))
  await eventually(() => assert.ok(relay.active))
  await add(1)
  await eventually(() => assert.deepEqual(numbers(producer.sent), [1]))
  await server.kill()
  await assert.rejects(add(2), { kind: 'unavailable' })
  await server.start()
  await eventually(() => add(3))
  await eventually(() => assert.ok(numbers(producer.sent).includes(3)))
})
