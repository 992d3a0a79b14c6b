import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { fakeClock, fakeRelations } from './fakes.ts'
import { createUseCases } from './use-cases.ts'

const [ADA, BOB, EVE] = [1, 2, 3] as const
const FIRST = { page: 1, limit: 20 }

const setUp = () => {
  const relations = fakeRelations()
  return { ...relations, app: createUseCases({ ...relations, clock: fakeClock() }) }
}

let world: ReturnType<typeof setUp>
beforeEach(() => {
  world = setUp()
  world.register(ADA, BOB, EVE)
})
const told = () => world.events.map(({ type, data }) => ({ type, data }))

describe('following', () => {
  test('tells of it, and asks users only for a followee whom it does not know', async () => {
    await world.app.followUser(ADA, BOB)
    await world.app.followUser(EVE, BOB)
    assert.deepEqual(world.asked, [BOB])
    assert.deepEqual(told(), [
      { type: 'follow.created', data: { follower_id: ADA, followee_id: BOB } },
      { type: 'follow.created', data: { follower_id: EVE, followee_id: BOB } },
    ])
  })

  test('is refused a second time', async () => {
    await world.app.followUser(ADA, BOB)
    await assert.rejects(world.app.followUser(ADA, BOB), { kind: 'conflict', message: 'already following this user' })
    assert.equal(world.events.length, 1)
  })

  test('is refused for oneself before anybody is asked', async () => {
    await assert.rejects(world.app.followUser(99, 99), { kind: 'invalid', message: 'cannot follow yourself' })
    assert.deepEqual(world.asked, [])
  })

  test('is refused when the followee is unknown or gone, also if it was followed before', async () => {
    const notFound = { kind: 'not-found', message: 'user not found' }
    await assert.rejects(world.app.followUser(ADA, 99), notFound)
    await world.app.followUser(ADA, BOB)
    world.know(BOB, 'deleted')
    await assert.rejects(world.app.followUser(ADA, BOB), notFound)
  })

  test('is refused to an account that is gone', async () => {
    world.know(ADA, 'deleted')
    await assert.rejects(world.app.followUser(ADA, BOB), { kind: 'unauthenticated', message: 'unauthenticated' })
  })

  test('gives up when the followee is always there to ask for and never there to follow', async () => {
    world.follows.add = async () => 'no-followee'
    await assert.rejects(world.app.followUser(ADA, BOB), { kind: 'unavailable' })
  })
})

describe('unfollowing', () => {
  test('tells of it once', async () => {
    await world.app.followUser(ADA, BOB)
    await world.app.unfollowUser(ADA, BOB)
    await assert.rejects(world.app.unfollowUser(ADA, BOB), {
      kind: 'not-found',
      message: 'follow relation not found',
    })
    assert.deepEqual(told().at(-1), { type: 'follow.deleted', data: { follower_id: ADA, followee_id: BOB } })
    assert.equal(world.events.length, 2)
  })

  test('is refused for oneself', async () => {
    await assert.rejects(world.app.unfollowUser(ADA, ADA), { kind: 'invalid', message: 'cannot unfollow yourself' })
  })
})

describe('a list', () => {
  test('shows the newest first, and asks once for whom it does not know', async () => {
    world.know(ADA)
    world.store(BOB, ADA)
    world.store(99, ADA)
    world.store(EVE, ADA)
    const { users, total } = await world.app.readFollowers(ADA, FIRST)
    assert.deepEqual(
      users.map(({ id, username }) => [id, username]),
      [
        [EVE, 'user-3'],
        [99, 'Missing user'],
        [BOB, 'user-2'],
      ],
    )
    assert.equal(total, 3)
    assert.deepEqual(world.asked, [EVE, 99, BOB])
    await world.app.readFollowers(ADA, FIRST)
    assert.deepEqual(world.asked, [EVE, 99, BOB, 99])
  })

  test('asks nobody about who is gone', async () => {
    world.know(ADA)
    world.know(BOB, 'deleted')
    world.store(ADA, BOB)
    assert.deepEqual((await world.app.readFollowees(ADA, FIRST)).users, [
      { id: BOB, username: 'Missing user', avatarUrl: undefined },
    ])
    assert.deepEqual(world.asked, [])
  })

  test('is there for somebody of whom only users knows, and not for others', async () => {
    assert.deepEqual(await world.app.readFollowees(ADA, FIRST), { total: 0, users: [] })
    const notFound = { kind: 'not-found', message: 'user not found' }
    await assert.rejects(world.app.readFollowees(99, FIRST), notFound)
    world.know(BOB, 'deleted')
    world.store(ADA, BOB)
    await assert.rejects(world.app.readFollowers(BOB, FIRST), notFound)
  })
})
