import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, unavailable } from '../../src/errors.ts'
import { on, onByStatement } from '../../src/kafka/consumer.ts'
import { statement } from '../../src/postgres/connect.ts'
import { appendEvents } from '../../src/postgres/outbox.ts'
import { startOutboxRelay } from '../../src/postgres/outbox-relay.ts'
import { activeCorrelationId, activeTraceparent, runWork } from '../../src/telemetry/context.ts'
import { SpanShape } from '../../src/telemetry/span-shape.ts'
import { eventually } from '../../src/testing/eventually.ts'
import { counted, effectStatement, openWorld, readTopic, writeEffect } from './world.ts'
import type { Effect } from './world.ts'

const inboxSize = statement('test.inbox-size', 'SELECT count(*) AS count FROM inbox')
const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

test('an event travels as CloudEvents in binary mode, with the ids of its request', async () => {
  await using stack = new AsyncDisposableStack()
  const { brokers, topicPrefix, producer, message } = await openWorld(stack)
  const sent = message({ key: 'k', n: 1 })
  await runWork({ shape: new SpanShape('request', 'internal'), origin: { correlationId: 'corr-1' } }, () =>
    producer.publish([sent]),
  )
  const [wire] = await readTopic(brokers, `${topicPrefix}pharos.users.v1`, 1)
  const { traceparent, ...headers } = wire?.headers ?? {}
  assert.deepEqual(headers, {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: sent.id,
    ce_type: 'test.counted',
    ce_source: '/pharos/users',
    ce_time: sent.time.toISOString(),
    correlation_id: 'corr-1',
  })
  assert.match(traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)
  assert.deepEqual([wire?.key, wire?.value], ['k', '{"key":"k","n":1}'])
})

test('from the transaction to the effect in another service: one trace, once, in order of the key', async () => {
  await using stack = new AsyncDisposableStack()
  const { db, producer, consume, effects } = await openWorld(stack)
  const seen: (string | undefined)[] = []
  let traceparent: string | undefined
  stack.use(startOutboxRelay({ db, producer }))
  const handle = on(counted, async (event, tx) => {
    seen.push(`${activeTraceparent()?.slice(3, 35)} ${activeCorrelationId()}`)
    await writeEffect(event, tx)
  })
  stack.use(consume({ handlers: [handle] }))
  await runWork({ shape: new SpanShape('request', 'internal'), origin: { correlationId: 'corr-1' } }, async () => {
    traceparent = activeTraceparent()
    for (const n of range(50)) {
      await db.transaction((tx) =>
        appendEvents(
          tx,
          ['a', 'b', 'c'].map((key) => counted.event({ key, n })),
        ),
      )
    }
  })
  await eventually(async () => assert.equal((await effects()).length, 150), { timeoutMs: 20_000 })
  const all = await effects()
  for (const key of ['a', 'b', 'c']) {
    assert.deepEqual(
      all.filter((effect) => effect.key === key).map(({ n }) => n),
      range(50),
    )
  }
  assert.deepEqual([...new Set(seen)], [`${traceparent?.slice(3, 35)} corr-1`])
})

test('an event that is none of a handler’s concern has no effect and no inbox row', async () => {
  await using stack = new AsyncDisposableStack()
  const { db, producer, consume, message, effectsAre } = await openWorld(stack)
  const isOdd = ({ n }: Effect): boolean => n % 2 === 1
  stack.use(consume({ handlers: [onByStatement(counted, effectStatement, ({ data }) => [data.key, data.n], isOdd)] }))
  await producer.publish(range(6).map((n) => message({ key: 'k', n })))
  await effectsAre([1, 3, 5])
  assert.deepEqual(await db.statement(inboxSize, []), [{ count: 3 }])
})

test('a relay that dies between publishing and deleting doubles no effect', async () => {
  await using stack = new AsyncDisposableStack()
  const { db, producer, consume, effectsAre, brokers, topicPrefix } = await openWorld(stack)
  await db.transaction((tx) =>
    appendEvents(
      tx,
      range(10).map((n) => counted.event({ key: 'k', n })),
    ),
  )
  let deaths = 0
  const afterPublish = async (): Promise<void> => {
    if (deaths++ === 0) throw new Error('killed')
  }
  stack.use(startOutboxRelay({ db, producer, afterPublish }))
  stack.use(consume({ handlers: [on(counted, writeEffect)] }))
  assert.equal((await readTopic(brokers, `${topicPrefix}pharos.users.v1`, 20)).length, 20)
  await effectsAre(range(10))
})

const ways = {
  'in a transaction': on(counted, writeEffect),
  'by one statement': onByStatement(counted, effectStatement, ({ data }) => [data.key, data.n]),
}

for (const [way, handler] of Object.entries(ways)) {
  test(`an event that is delivered twice has its effect once, ${way}`, async () => {
    await using stack = new AsyncDisposableStack()
    const { producer, consume, message, effectsAre } = await openWorld(stack)
    const event = message({ key: 'k', n: 1 })
    await producer.publish([event, event])
    await producer.publish([event, message({ key: 'k', n: 2 })])
    stack.use(consume({ handlers: [handler] }))
    await effectsAre([1, 2])
  })
}

test('both ways of handling know what the other has done', async () => {
  await using stack = new AsyncDisposableStack()
  const { producer, consume, message, effectsAre } = await openWorld(stack)
  const event = message({ key: 'k', n: 1 })
  for (const handler of Object.values(ways)) {
    await producer.publish([event, message({ key: 'k', n: 2 })])
    await using _consumer = consume({ handlers: [handler] })
    await effectsAre(handler === ways['in a transaction'] ? [1, 2] : [1, 2, 2])
  }
})

test('a statement that Postgres refuses sends its event to the dead letters, and leaves no trace in the inbox', async () => {
  await using stack = new AsyncDisposableStack()
  const { db, producer, consume, message, effectsAre, brokers, topicPrefix } = await openWorld(stack)
  await db.sequelize.query('ALTER TABLE effects ADD CHECK (n <> 13)')
  await producer.publish([message({ key: 'k', n: 13 }), message({ key: 'k', n: 2 })])
  stack.use(consume({ handlers: [ways['by one statement']] }))
  await effectsAre([2])
  assert.equal((await readTopic(brokers, `${topicPrefix}pharos.users.v1.dlq`, 1)).length, 1)
  const [rows] = await db.sequelize.query('SELECT 1 FROM inbox')
  assert.equal(rows.length, 1)
})

test('what cannot be handled goes to the dead letters with the reason, and the partition goes on', async () => {
  await using stack = new AsyncDisposableStack()
  const { producer, consume, message, effectsAre, brokers, topicPrefix } = await openWorld(stack)
  await producer.publish([
    message({ key: 'k', n: 1 }),
    message({ key: 'k', n: 0 }, { data: 'no json' }),
    message({ key: 'k', n: 0 }, { data: '{"key":"k","n":"private@example.org"}' }),
    message({ key: 'k', n: 0 }, { id: 'no-uuid' }),
    message({ key: 'k', n: 66 }),
    message({ key: 'k', n: 99 }),
    message({ key: 'k', n: 2 }),
  ])
  const handle = async (event: { data: Effect }, tx: Parameters<typeof writeEffect>[1]): Promise<void> => {
    await writeEffect(event, tx)
    if (event.data.n === 99) throw new TypeError('private@example.org is undefined')
    if (event.data.n === 66) throw new AppError('conflict', 'card.conflict', 'the card is newer')
  }
  stack.use(consume({ handlers: [on(counted, handle)] }))
  await effectsAre([1, 2])
  const dead = await readTopic(brokers, `${topicPrefix}pharos.users.v1.dlq`, 5)
  const reasons = dead.map(({ headers }) => `${headers['x-error-code']}: ${headers['x-error-message']}`)
  assert.deepEqual(reasons, [
    'event.invalid: the payload is not JSON',
    'event.invalid: the payload breaks its contract: n: invalid_type',
    'event.invalid: ce_id is missing or not a UUID',
    'card.conflict: the card is newer',
    'TypeError: the handler failed',
  ])
  const { headers, key, value } = dead[1] ?? assert.fail()
  assert.deepEqual([key, value, headers['ce_type']], ['k', '{"key":"k","n":"private@example.org"}', 'test.counted'])
  assert.equal(headers['x-original-topic'], 'pharos.users.v1')
  assert.match(`${headers['x-original-partition']}/${headers['x-original-offset']}`, /^\d\/2$/)
  assert.match(headers['traceparent'] ?? '', /^00-/)
})

test('an unknown type and a message that is no event of ours are passed over', async () => {
  await using stack = new AsyncDisposableStack()
  const { producer, consume, message, effectsAre } = await openWorld(stack)
  await producer.publish([message({ key: 'k', n: 0 }, { type: 'test.from-the-future' }), message({ key: 'k', n: 1 })])
  stack.use(consume({ handlers: [on(counted, writeEffect)] }))
  await effectsAre([1])
})

test('unavailable is tried again until it works, in order, while other partitions go on', async () => {
  await using stack = new AsyncDisposableStack()
  const { producer, consume, message, effects } = await openWorld(stack)
  const keys = ['a', 'b', 'c', 'd', 'e', 'f']
  let attempts = 0
  const handle = on(counted, async (event, tx) => {
    await writeEffect(event, tx)
    if (event.data.key === 'a' && event.data.n === 0 && attempts++ < 4) throw unavailable('users.unavailable')
  })
  stack.use(consume({ handlers: [handle] }))
  await producer.publish(range(3).flatMap((n) => keys.map((key) => message({ key, n }))))
  await eventually(async () => assert.equal((await effects()).length, 18), { timeoutMs: 20_000 })
  assert.equal(attempts, 5)
  const all = await effects()
  for (const key of keys)
    assert.deepEqual(
      all.filter((effect) => effect.key === key).map(({ n }) => n),
      range(3),
    )
  const firstOfA = all.findIndex(({ key }) => key === 'a')
  assert.ok(all.slice(0, firstOfA).length >= 3, 'others came before')
})

test('a consumer that goes on where another has stopped misses nothing and doubles nothing', async () => {
  await using stack = new AsyncDisposableStack()
  const { producer, consume, message, effects } = await openWorld(stack)
  const total = 400
  const handlers = [on(counted, writeEffect)]
  const first = consume({ handlers })
  const second = stack.use(consume({ handlers }))
  await eventually(() => Promise.all([first.check(), second.check()]), { timeoutMs: 20_000 })
  await producer.publish(range(total).map((n) => message({ key: `k${n % 20}`, n })))
  await eventually(async () => assert.ok((await effects()).length > 20), { timeoutMs: 20_000 })
  await first[Symbol.asyncDispose]()
  await eventually(async () => assert.equal((await effects()).length, total), { timeoutMs: 30_000 })
  assert.equal(new Set((await effects()).map(({ n }) => n)).size, total)
})

test('a consumer says that it is away until the group has it', async () => {
  await using stack = new AsyncDisposableStack()
  const { consume } = await openWorld(stack)
  const consumer = stack.use(consume({ handlers: [on(counted, writeEffect)] }))
  await assert.rejects(consumer.check(), { kind: 'unavailable', code: 'kafka.unavailable' })
  await eventually(() => consumer.check(), { timeoutMs: 20_000 })
})
