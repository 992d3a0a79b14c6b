import assert from 'node:assert/strict'
import type { DomainEvent } from '@pharos/platform/contracts/events/define'
import { liveChannel, liveMessage } from '@pharos/platform/contracts/live'
import type { LiveMessage } from '@pharos/platform/contracts/live'
import { notificationCreated } from '@pharos/platform/contracts/events/notification-created.v1'
import { notificationFannedOut } from '@pharos/platform/contracts/events/notification-fanned-out.v1'
import { startConsumer } from '@pharos/platform/kafka/consumer'
import { on } from '@pharos/platform/kafka/handler'
import type { ConsumedEvent } from '@pharos/platform/kafka/handler'
import { connectProducer } from '@pharos/platform/kafka/producer'
import { connectRedis } from '@pharos/platform/redis/connect'
import type { Secret } from '@pharos/platform/runtime/config'
import { eventually } from '@pharos/platform/testing/eventually'
import { testTopics } from '@pharos/platform/testing/stores'
import { isConsuming, startNotifications } from './notifications-service.ts'

const only = ['pharos.users.v1', 'pharos.relations.v1', 'pharos.notifications.v1']

/** Notifications with Kafka, and a producer that speaks for the other services. */
export const startWithKafka = async () => {
  await using stack = new AsyncDisposableStack()
  const kafka = stack.use(await testTopics({ only }))
  const world = stack.use(await startNotifications({ kafka }))
  const producer = stack.use(await connectProducer({ ...kafka, clientId: 'test' }))
  const told: ConsumedEvent<unknown>[] = []
  const hear = async (event: ConsumedEvent<unknown>): Promise<void> => void told.push(event)
  const handlers = [on(notificationCreated, hear), on(notificationFannedOut, hear)]
  stack.use(startConsumer({ ...kafka, groupId: 'test', db: world.db, handlers }))
  await eventually(async () => assert.ok(await isConsuming(world)), { timeoutMs: 30_000 })

  /** All in one request, in this order. */
  const publish = (...events: readonly DomainEvent[]) =>
    producer.publish(events.map((event) => ({ ...event, data: JSON.stringify(event.data) })))

  /** What notifications has told of a user, each event once; waits for the first. */
  const toldOf = (userId: number): Promise<readonly ConsumedEvent<unknown>[]> =>
    eventually(() => {
      const pattern = new RegExp(`"user_id":${userId}\\b`)
      const found = told.filter(({ data }) => pattern.test(JSON.stringify(data)))
      assert.ok(found.length > 0)
      return found
    })

  const closing = stack.move()
  return { ...world, ...kafka, publish, producer, toldOf, [Symbol.asyncDispose]: () => closing.disposeAsync() }
}

/** What is announced to users, as the gateway hears it. */
export const listenLive = async (redisUrl: Secret, userIds: readonly number[]) => {
  const redis = connectRedis({ url: redisUrl })
  const heard = new Map<number, LiveMessage[]>(userIds.map((id) => [id, []]))
  const listening = userIds.map(
    (id) =>
      new Promise<void>((resolve) => {
        redis.subscribe(liveChannel(id), {
          onMessage: (text) => void heard.get(id)?.push(liveMessage.parse(JSON.parse(text))),
          onLive: resolve,
          onLost: () => {},
        })
      }),
  )
  await Promise.all(listening)
  return {
    heardBy: (id: number): readonly LiveMessage[] => heard.get(id) ?? [],
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  }
}
