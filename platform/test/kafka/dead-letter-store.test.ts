import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, isAppError } from '../../src/errors.ts'
import { on } from '../../src/kafka/consumer.ts'
import { openDeadLetters } from '../../src/kafka/dead-letter-store.ts'
import { runWork } from '../../src/telemetry/context.ts'
import { SpanShape } from '../../src/telemetry/span-shape.ts'
import { eventually } from '../../src/testing/eventually.ts'
import { counted, openWorld, readTopic, writeEffect } from './world.ts'
import type { Effect } from './world.ts'

const TOPIC = 'pharos.users.v1'
const UNEVEN = 'the number is odd'

const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** A world whose handler refuses odd numbers until it is mended. */
const openBrokenWorld = async (stack: AsyncDisposableStack) => {
  const world = await openWorld(stack)
  const { brokers, topicPrefix, consume, producer } = world
  let mended = false
  const handler = on(counted, async (event, tx) => {
    await writeEffect(event, tx)
    if (!mended && event.data.n % 2 === 1) throw new AppError('conflict', 'number.odd', UNEVEN)
  })
  stack.use(consume({ handlers: [handler] }))
  const store = stack.use(await openDeadLetters({ brokers, topicPrefix }))
  const holds = (count: number) =>
    eventually(
      async () => {
        const { first, end } = await store.box(TOPIC)
        assert.equal(end - first, count)
      },
      { timeoutMs: 20_000 },
    )
  const publish = (effects: readonly Effect[]) => producer.publish(effects.map((effect) => world.message(effect)))
  return { ...world, store, publish, holds, mend: () => void (mended = true) }
}

const code = (expected: string) => (error: unknown) => isAppError(error) && error.code === expected

test('a dead letter is listed with what it was, whose it is and why it is there', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, producer, message, holds } = await openBrokenWorld(stack)
  const sent = message({ key: 'k', n: 1 })
  await runWork({ shape: new SpanShape('request', 'internal'), origin: { correlationId: 'corr-1' } }, () =>
    producer.publish([sent]),
  )
  await holds(1)
  const [letter] = await store.list(TOPIC, 10)
  assert.equal(letter?.offset, 0)
  assert.deepEqual([letter.key, letter.event.id, letter.event.type], ['k', sent.id, 'test.counted'])
  assert.match(letter.group ?? '', /group$/)
  assert.deepEqual(letter.error, { code: 'number.odd', message: UNEVEN })
  assert.ok(letter.at && Math.abs(letter.at.getTime() - Date.now()) < 60_000)
  assert.equal(letter.event.origin.correlationId, 'corr-1')
  assert.deepEqual(await store.read(TOPIC, 0), letter)
  assert.equal(letter.payload, '{"key":"k","n":1}')
  assert.deepEqual(await store.boxes(), [{ topic: TOPIC, first: 0, end: 1 }])
})

test('of many dead letters the newest are listed, in their order', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, publish, holds } = await openBrokenWorld(stack)
  await publish(range(6).map((n) => ({ key: 'k', n: 2 * n + 1 })))
  await holds(6)
  assert.deepEqual(
    (await store.list(TOPIC, 2)).map(({ offset, payload }) => [offset, payload]),
    [
      [4, '{"key":"k","n":9}'],
      [5, '{"key":"k","n":11}'],
    ],
  )
})

test('once the handler is mended, a replay of all brings every effect once and empties the dead letters', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, publish, holds, mend, effects, effectsAre } = await openBrokenWorld(stack)
  await publish(range(6).map((n) => ({ key: 'k', n })))
  await holds(3)
  await effectsAre([0, 2, 4])
  mend()
  assert.deepEqual(await store.replayAll(TOPIC), { letters: 3, events: 3 })
  await effectsAre([0, 2, 4, 1, 3, 5])
  await holds(0)
  assert.deepEqual(await store.list(TOPIC, 10), [])
  assert.deepEqual(await store.replayAll(TOPIC), { letters: 0, events: 0 })
  await publish([{ key: 'k', n: 8 }])
  await effectsAre([0, 2, 4, 1, 3, 5, 8])
  assert.equal((await effects()).length, 7)
})

test('an event is published again as it was: same ids, same key and payload, none of the reasons', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, brokers, topicPrefix, publish, holds, mend } = await openBrokenWorld(stack)
  await publish([{ key: 'k', n: 1 }])
  await holds(1)
  mend()
  await store.replayOne(TOPIC, 0)
  const [first, again] = await readTopic(brokers, topicPrefix + TOPIC, 2)
  assert.deepEqual(again, first)
  assert.ok(first?.headers['ce_id'] && first.headers['traceparent'])
})

test('one that is replayed alone stays in the dead letters, and a second replay has no second effect', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, publish, holds, mend, effectsAre } = await openBrokenWorld(stack)
  await publish([1, 3, 5].map((n) => ({ key: 'k', n })))
  await holds(3)
  mend()
  await store.replayOne(TOPIC, 1)
  await effectsAre([3])
  await store.replayOne(TOPIC, 1)
  await publish([{ key: 'k', n: 8 }])
  await effectsAre([3, 8])
  await holds(3)
})

test('what still cannot be handled comes back to the dead letters, and a replay ends all the same', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, publish, holds, effectsAre } = await openBrokenWorld(stack)
  await publish([1, 3].map((n) => ({ key: 'k', n })))
  await holds(2)
  assert.deepEqual(await store.replayAll(TOPIC), { letters: 2, events: 2 })
  await eventually(async () => assert.deepEqual(await store.box(TOPIC), { topic: TOPIC, first: 2, end: 4 }), {
    timeoutMs: 20_000,
  })
  const letters = await store.list(TOPIC, 10)
  assert.deepEqual(
    letters.map(({ offset, payload }) => [offset, payload]),
    [
      [2, '{"key":"k","n":1}'],
      [3, '{"key":"k","n":3}'],
    ],
  )
  await effectsAre([])
})

test('what two consumers could not handle is published once, so that it does not double with every replay', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, publish, holds, consume, topicPrefix } = await openBrokenWorld(stack)
  const refuse = on(counted, async () => {
    throw new AppError('conflict', 'number.any', 'no number is welcome')
  })
  stack.use(consume({ groupId: `${topicPrefix}other`, handlers: [refuse] }))
  await publish([{ key: 'k', n: 1 }])
  await holds(2)
  assert.deepEqual(await store.replayAll(TOPIC), { letters: 2, events: 1 })
  await eventually(async () => assert.deepEqual(await store.box(TOPIC), { topic: TOPIC, first: 2, end: 4 }), {
    timeoutMs: 20_000,
  })
  await publish([{ key: 'k', n: 3 }])
  await holds(4)
  const codes = (await store.list(TOPIC, 10)).map(({ error }) => error.code)
  assert.deepEqual(new Set(codes), new Set(['number.any', 'number.odd']))
})

test('unknown topics and offsets are named, and nothing is published', async () => {
  await using stack = new AsyncDisposableStack()
  const { store, publish, holds, topicPrefix } = await openBrokenWorld(stack)
  await publish([{ key: 'k', n: 1 }])
  await holds(1)
  const unknown = code('dead-letters.unknown-topic')
  await assert.rejects(store.list('pharos.walks.v1', 1), unknown)
  await assert.rejects(store.replayAll('pharos.walks.v1'), {
    message: `there is no topic ${topicPrefix}pharos.walks.v1.dlq`,
  })
  for (const offset of [1, 99]) {
    await assert.rejects(store.read(TOPIC, offset), code('dead-letters.unknown-offset'))
    await assert.rejects(store.replayOne(TOPIC, offset), { message: /only from 0 to 0$/ })
  }
  await holds(1)
})

test('without Kafka everything is unavailable, within seconds', async () => {
  const begun = performance.now()
  await assert.rejects(openDeadLetters({ brokers: ['127.0.0.1:1'], topicPrefix: '' }), code('kafka.unavailable'))
  assert.ok(performance.now() - begun < 10_000)
})
