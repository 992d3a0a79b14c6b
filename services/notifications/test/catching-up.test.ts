import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  invalidInput,
  invalidToken,
  refusal,
  unauthenticated,
  validationFailed,
} from '@pharos/platform/testing/refusals'
import { startNotifications } from './notifications-service.ts'
import type { NotificationsUnderTest } from './notifications-service.ts'

let world: NotificationsUnderTest
before(async () => {
  world = await startNotifications()
})
after(() => world[Symbol.asyncDispose]())

describe('GET /internal/notifications', () => {
  test('gives what came after a notification, oldest first, as the feed shows it, and the last id', async () => {
    const ada = await world.join()
    const ids: number[] = []
    for (let count = 0; count < 4; count += 1) ids.push(await world.sent(ada.token, ada.id, 'note', count))
    await world.read(ada.token, ids[2])
    const { status, body } = await world.news(ada.token, `?after=${ids[0]}`)
    const feed = (await world.feed(ada.token)).body?.data?.notifications ?? []
    assert.equal(status, 200)
    assert.deepEqual(body?.data, { notifications: feed.toReversed().slice(1), last_id: ids[3] })
  })

  test('goes on where a limit has cut it off', async () => {
    const ada = await world.join()
    const ids: number[] = []
    for (let count = 0; count < 5; count += 1) ids.push(await world.sent(ada.token, ada.id))
    const found: number[] = []
    for (let last = 0; found.length < ids.length; last = found.at(-1) ?? 0) {
      const { body } = await world.news(ada.token, `?after=${last}&limit=2`)
      assert.equal(body?.data?.last_id, ids.at(-1))
      found.push(...(body?.data?.notifications ?? []).map(({ id }) => id))
    }
    assert.deepEqual(found, ids)
    const { body } = await world.news(ada.token, `?after=${ids.at(-1)}`)
    assert.deepEqual(body?.data, { notifications: [], last_id: ids.at(-1) })
  })

  test('without a start tells only from where to ask on, also when the last is deleted', async () => {
    const ada = await world.join()
    assert.deepEqual((await world.news(ada.token)).body?.data, { notifications: [], last_id: 0 })
    assert.deepEqual((await world.news(ada.token, '?after=0')).body?.data, { notifications: [], last_id: 0 })
    const id = await world.sent(ada.token, ada.id)
    await world.remove(ada.token, id)
    assert.deepEqual((await world.news(ada.token)).body?.data, { notifications: [], last_id: id })
  })

  test('knows the bearer of the token alone', async () => {
    const [ada, bob] = [await world.join(), await world.join()]
    await world.sent(ada.token, ada.id)
    assert.deepEqual((await world.news(bob.token, '?after=0')).body?.data, { notifications: [], last_id: 0 })
    assert.deepEqual(refusal(await world.api.get('//internal/notifications')), unauthenticated)
    assert.deepEqual(refusal(await world.news('nonsense')), invalidToken)
  })

  test('refuses what is no id and limits out of range', async () => {
    const { token } = await world.join()
    for (const query of ['?after=x', '?after=1.5', '?limit=x']) {
      assert.deepEqual(refusal(await world.news(token, query)), invalidInput)
    }
    for (const query of ['?after=-1', '?limit=0', '?limit=501']) {
      assert.deepEqual(refusal(await world.news(token, query)), validationFailed)
    }
  })
})
