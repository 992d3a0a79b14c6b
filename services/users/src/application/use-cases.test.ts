import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import type { Viewer } from '../domain/access.ts'
import { fakeClock, fakeSessions, fakeUsers } from './fakes.ts'
import { createUseCases } from './use-cases.ts'

const self = (userId: number): Viewer => ({ userId, role: 'user' })
const ada = { username: 'ada', email: 'ada@example.org' }
const bob = { username: 'bob', email: 'bob@example.org' }

const setUp = () => {
  const [users, sessions, clock] = [fakeUsers(), fakeSessions(), fakeClock()]
  const search = { find: async () => ({ users: [], total: 0 }) }
  return { users, sessions, clock, app: createUseCases({ users, sessions, clock, search }) }
}

let world: ReturnType<typeof setUp>
beforeEach(() => {
  world = setUp()
})
const eventTypes = () => world.users.events.map(({ type }) => type)

describe('creating a profile', () => {
  test('tells of it once, however often the same registration is sent', async () => {
    const first = await world.app.createProfile(ada, 'key-1')
    const again = await world.app.createProfile(ada, 'key-1')
    assert.equal(again.id, first.id)
    assert.deepEqual(eventTypes(), ['user.created'])
  })

  test('refuses names and addresses of others, without regard to case', async () => {
    await world.app.createProfile(ada, 'key-1')
    await assert.rejects(world.app.createProfile({ ...bob, username: 'ADA' }, 'key-2'), {
      message: 'username already exists',
    })
    await assert.rejects(world.app.createProfile({ ...bob, email: 'Ada@Example.org' }, 'key-3'), {
      message: 'email already exists',
    })
  })
})

describe('reading', () => {
  test('finds by id, by username and by address, or says so', async () => {
    const { id } = await world.app.createProfile(ada, undefined)
    assert.equal((await world.app.readUser(id)).username, 'ada')
    assert.equal((await world.app.readUserByUsername('ADA')).id, id)
    assert.equal((await world.app.readUserByEmail('ADA@example.org')).id, id)
    const missing = { kind: 'not-found', message: 'user not found' }
    await assert.rejects(world.app.readUser(99), missing)
    await assert.rejects(world.app.readUserByUsername('nobody'), missing)
    await assert.rejects(world.app.readUserByEmail('nobody@example.org'), missing)
  })
})

describe('updating', () => {
  test('is forbidden to others before it says whether the user exists', async () => {
    await assert.rejects(world.app.updateUser(self(1), 99, { bio: 'x' }), { kind: 'forbidden' })
    await assert.rejects(world.app.updateUser(self(99), 99, { bio: 'x' }), { message: 'user not found' })
  })

  test('stores the next version and tells of it', async () => {
    const { id } = await world.app.createProfile(ada, undefined)
    world.clock.set('2026-02-01T00:00:00.000Z')
    const changed = await world.app.updateUser(self(id), id, { bio: 'Engines' })
    assert.equal(changed.version, 2)
    assert.equal(changed.updatedAt.toISOString(), '2026-02-01T00:00:00.000Z')
    assert.deepEqual(await world.app.readUser(id), changed)
    assert.deepEqual(eventTypes(), ['user.created', 'user.updated'])
  })

  test('that changes nothing tells nothing', async () => {
    const { id } = await world.app.createProfile(ada, undefined)
    assert.equal((await world.app.updateUser(self(id), id, { username: 'ada' })).version, 1)
    assert.deepEqual(eventTypes(), ['user.created'])
  })

  test('does not lose a change of another replica that this one has not heard of', async () => {
    const before = await world.app.createProfile(ada, undefined)
    await world.app.updateUser(self(before.id), before.id, { bio: 'Engines' })
    world.users.showStale(before)
    const after = await world.app.updateUser(self(before.id), before.id, { fullName: 'Ada' })
    assert.deepEqual([after.version, after.bio, after.fullName], [3, 'Engines', 'Ada'])
  })

  test('does not take a copy for the truth when nothing seems to change', async () => {
    const before = await world.app.createProfile({ ...ada, bio: 'old' }, undefined)
    await world.app.updateUser(self(before.id), before.id, { bio: 'new' })
    world.users.showStale(before)
    assert.equal((await world.app.updateUser(self(before.id), before.id, { bio: 'old' })).version, 3)
  })

  test('refuses the name of somebody else', async () => {
    const { id } = await world.app.createProfile(ada, undefined)
    await world.app.createProfile(bob, undefined)
    await assert.rejects(world.app.updateUser(self(id), id, { username: 'BOB' }), {
      kind: 'conflict',
      message: 'username already exists',
    })
  })

  test('gives up when others are always first', async () => {
    const { id } = await world.app.createProfile(ada, undefined)
    world.users.save = async () => false
    await assert.rejects(world.app.updateUser(self(id), id, { bio: 'x' }), { kind: 'unavailable' })
  })
})

describe('deleting', () => {
  test('removes the profile, ends every session and tells of it', async () => {
    const { id } = await world.app.createProfile(ada, undefined)
    await world.app.deleteUser(self(id), id)
    assert.deepEqual(world.sessions.revoked, [id])
    assert.deepEqual(eventTypes(), ['user.created', 'user.deleted'])
    await assert.rejects(world.app.readUser(id), { message: 'user not found' })
  })

  test('is forbidden to others, and the second time there is nobody', async () => {
    const { id } = await world.app.createProfile(ada, undefined)
    await assert.rejects(world.app.deleteUser(self(id + 1), id), { kind: 'forbidden' })
    await world.app.deleteUser(self(id), id)
    await assert.rejects(world.app.deleteUser(self(id), id), { message: 'user not found' })
    assert.deepEqual(world.sessions.revoked, [id])
  })
})
