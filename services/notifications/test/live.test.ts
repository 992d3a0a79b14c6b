import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { followersGathered } from '@pharos/platform/contracts/events/followers-gathered.v1'
import { notificationCreated } from '@pharos/platform/contracts/events/notification-created.v1'
import type { EventProducer } from '@pharos/platform/kafka/producer'
import { connectRedis } from '@pharos/platform/redis/connect'
import { Secret } from '@pharos/platform/runtime/config'
import { scrape } from '@pharos/platform/telemetry/metrics'
import type { SpanNote } from '@pharos/platform/telemetry/span-note'
import { tracing, useSpanSink } from '@pharos/platform/telemetry/trace-pipeline'
import { eventually } from '@pharos/platform/testing/eventually'
import { startStoreProxy } from '@pharos/platform/testing/store-proxy'
import { announceLive } from '../src/adapters/redis/live-producer.ts'
import { listenLive, startWithKafka } from './kafka-world.ts'

let world: Awaited<ReturnType<typeof startWithKafka>>
before(async () => {
  world = await startWithKafka()
})
after(() => world[Symbol.asyncDispose]())

describe('a new notification is announced', () => {
  test('to its user alone, as the feed shows it, with the ids of the request that caused it', async () => {
    const [ada, bob] = [await world.join(), await world.join()]
    await using live = await listenLive(world.redisUrl, [ada.id, bob.id])
    const id = await world.sent(bob.token, ada.id, 'note', { text: 'é "💥"' }, { 'x-correlation-id': 'of-the-sender' })
    const message = await eventually(() => {
      const [first] = live.heardBy(ada.id)
      assert.ok(first)
      return first
    })
    const [shown] = (await world.feed(ada.token)).body?.data?.notifications ?? []
    assert.deepEqual(JSON.parse(message.notification), shown)
    assert.deepEqual([message.id, message.correlation_id], [id, 'of-the-sender'])
    assert.match(message.traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)
    await world.readAll(ada.token)
    await world.remove(ada.token, id)
    const next = await world.sent(bob.token, ada.id)
    await eventually(() =>
      assert.deepEqual(
        live.heardBy(ada.id).map((heard) => heard.id),
        [id, next],
      ),
    )
    assert.deepEqual(live.heardBy(bob.id), [])
  })

  test('to each of five hundred followers', async () => {
    const follower_ids = Array.from({ length: 500 }, (_, index) => 5_000_001 + index)
    await using live = await listenLive(world.redisUrl, follower_ids)
    await world.publish(followersGathered.event({ post: { id: 1, author_id: 2, title: 'x' }, follower_ids }))
    await eventually(() => assert.ok(follower_ids.every((id) => live.heardBy(id).length === 1)), { timeoutMs: 20_000 })
    for (const userId of follower_ids.slice(0, 3)) {
      const [shown] = (await world.feed(world.tokenFor(userId))).body?.data?.notifications ?? []
      assert.deepEqual(JSON.parse(live.heardBy(userId)[0]?.notification ?? ''), shown)
    }
  })

  test('in the order of its ids, whatever comes at once', async () => {
    const ada = await world.join()
    await using live = await listenLive(world.redisUrl, [ada.id])
    const ids = await Promise.all(Array.from({ length: 40 }, () => world.sent(ada.token, ada.id)))
    await eventually(() => assert.equal(live.heardBy(ada.id).length, ids.length))
    assert.deepEqual(
      live.heardBy(ada.id).map(({ id }) => id),
      ids.toSorted((one, other) => one - other),
    )
  })
})

test('the announcement is a span in the trace of its request, and what is delivered continues it', async () => {
  const ada = await world.join()
  await using live = await listenLive(world.redisUrl, [ada.id])
  const collected: SpanNote[] = []
  Object.assign(tracing, { notes: true, enabled: true, ratio: 1 })
  useSpanSink({ take: (spans) => void collected.push(...spans), flush: async () => {} })
  const named = (name: string) => collected.find((span) => span.name === name)
  try {
    await world.sent(ada.token, ada.id)
    await eventually(() => {
      for (const name of ['push live', 'sendNotification', 'send pharos.notifications.v1']) assert.ok(named(name), name)
      assert.equal(live.heardBy(ada.id).length, 1)
    })
  } finally {
    Object.assign(tracing, { notes: false, enabled: false })
  }
  const [push, cause, send] = [named('push live'), named('sendNotification'), named('send pharos.notifications.v1')]
  assert.deepEqual([push?.shape.kind, push?.traceId, push?.parentSpanId], ['producer', cause?.traceId, cause?.spanId])
  assert.equal(send?.parentSpanId, cause?.spanId)
  assert.equal(live.heardBy(ada.id)[0]?.traceparent, `00-${push?.traceId}-${push?.spanId}-01`)
  assert.ok(!collected.some(({ parentSpanId }) => parentSpanId === push?.spanId), 'no command has a span of its own')
})

describe('what is told to Kafka', () => {
  const event = notificationCreated.event({
    id: 7,
    user_id: 4_000_001,
    type: 'x',
    created_at: new Date().toISOString(),
  })
  const message = { ...event, data: JSON.stringify(event.data) }
  const countOf = async (outcome: string): Promise<number> =>
    Number(new RegExp(`realtime_pushes_total\\{outcome="${outcome}"\\} (\\d+)`).exec((await scrape()).body)?.[1] ?? 0)
  const recorder = () => {
    const published: string[] = []
    const producer: EventProducer = {
      publish: async (messages) => void published.push(...messages.map(({ id }) => id)),
    }
    return { published, producer }
  }

  test('is told without Redis too, and what is not announced is counted', async () => {
    await using redis = connectRedis({ url: new Secret('redis://127.0.0.1:1') })
    const { published, producer } = recorder()
    const earlier = await countOf('skipped')
    await announceLive(producer, redis).publish([message])
    assert.deepEqual([published, await countOf('skipped')], [[event.id], earlier + 1])
  })

  test('is told when Redis fails on the way', async () => {
    await using proxy = await startStoreProxy(world.redisUrl)
    await using redis = connectRedis({ url: proxy.url })
    await redis.attempted
    const { published, producer } = recorder()
    const earlier = await countOf('failed')
    const publishing = announceLive(producer, redis).publish([message])
    await proxy.cut()
    await publishing
    assert.deepEqual([published, await countOf('failed')], [[event.id], earlier + 1])
  })

  test('is announced each time that it is kept there, and not before', async () => {
    await using live = await listenLive(world.redisUrl, [4_000_001])
    await using redis = connectRedis({ url: world.redisUrl })
    await redis.attempted
    const failing: EventProducer = { publish: () => Promise.reject(new Error('no broker')) }
    await assert.rejects(announceLive(failing, redis).publish([message]), { message: 'no broker' })
    // A relay that has died before the event left the outbox tells it again.
    const { publish } = announceLive(recorder().producer, redis)
    for (const time of [1, 2]) {
      await publish([message])
      await eventually(() => assert.equal(live.heardBy(4_000_001).length, time))
    }
    assert.deepEqual(
      live.heardBy(4_000_001).map(({ id }) => id),
      [7, 7],
    )
  })
})
