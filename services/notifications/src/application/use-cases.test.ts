import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { fakeNotifications, fakeUsers } from './fakes.ts'
import { createUseCases } from './use-cases.ts'

const ADA = 1
const BOB = 2
const NOBODY = 3

const setUp = () => {
  const notifications = fakeNotifications()
  return { notifications, app: createUseCases({ notifications, users: fakeUsers(ADA, BOB) }) }
}
let world: ReturnType<typeof setUp>
beforeEach(() => {
  world = setUp()
})

const notFound = { kind: 'not-found', message: 'notification not found' }
const denied = { kind: 'forbidden', message: 'access to notification denied' }
const noUser = { kind: 'not-found', message: 'user not found' }
const send = (recipient: number) => world.app.sendNotification({ recipient, type: 'note', payload: '"hello"' })

describe('sending', () => {
  test('shows in the feed of the recipient and counts there', async () => {
    const id = await send(BOB)
    assert.equal((await world.app.readNotification(BOB, id)).payload, '"hello"')
    assert.equal((await world.app.readFeed(BOB, { page: 1, limit: 10 })).total, 1)
    assert.equal(await world.app.countUnread(BOB), 1)
    assert.equal(await world.app.countUnread(ADA), 0)
  })

  test('is refused for who does not exist, and for who is gone by the time it is written', async () => {
    await assert.rejects(send(NOBODY), noUser)
    world.notifications.close(BOB)
    await assert.rejects(send(BOB), noUser)
  })
})

describe('what belongs to somebody else', () => {
  test('is denied, and what is not there is not found, whatever is asked', async () => {
    const id = await send(BOB)
    for (const operation of [world.app.readNotification, world.app.markRead, world.app.deleteNotification]) {
      await assert.rejects(operation(ADA, id), denied)
      await assert.rejects(operation(ADA, 99), notFound)
    }
    assert.equal(await world.app.countUnread(BOB), 1)
  })
})

describe('reading', () => {
  test('is told apart from having read before', async () => {
    const id = await send(BOB)
    assert.deepEqual([await world.app.markRead(BOB, id), await world.app.markRead(BOB, id)], [true, false])
    await send(BOB)
    await world.app.markAllRead(BOB)
    assert.equal(await world.app.countUnread(BOB), 0)
  })
})

describe('deleting', () => {
  test('is done once', async () => {
    const id = await send(BOB)
    await world.app.deleteNotification(BOB, id)
    await assert.rejects(world.app.deleteNotification(BOB, id), notFound)
  })

  test('that somebody else was faster with is not found', async () => {
    world.notifications.remove = async () => ({ owner: BOB, changed: false })
    await assert.rejects(world.app.deleteNotification(BOB, 1), notFound)
  })
})

describe('what is new', () => {
  test('is what came after the last that is known, oldest first; without one it is from where to ask', async () => {
    const ids = [await send(BOB), await send(BOB), await send(BOB)]
    assert.deepEqual(await world.app.listNewNotifications(BOB, undefined, 10), { notifications: [], lastId: ids[2] })
    const { notifications, lastId } = await world.app.listNewNotifications(BOB, ids[0], 10)
    assert.deepEqual([notifications.map(({ id }) => id), lastId], [ids.slice(1), ids[2]])
    assert.equal((await world.app.listNewNotifications(BOB, 0, 2)).notifications.length, 2)
    assert.deepEqual(await world.app.listNewNotifications(ADA, undefined, 10), { notifications: [], lastId: 0 })
  })
})
