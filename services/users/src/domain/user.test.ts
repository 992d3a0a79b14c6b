import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { changeProfile, deleted, newProfile, registered } from './user.ts'
import type { User } from './user.ts'

const ada: User = {
  id: 7,
  username: 'ada',
  email: 'ada@example.org',
  fullName: 'Ada Lovelace',
  bio: 'Engines',
  avatarUrl: undefined,
  version: 3,
  createdAt: new Date('2026-01-01T00:00:00Z'),
  updatedAt: new Date('2026-01-02T00:00:00Z'),
}
const now = new Date('2026-02-01T00:00:00Z')

describe('a change of a profile', () => {
  test('leaves alone what it does not state', () => {
    const changed = changeProfile(ada, { bio: 'Poetical science', username: undefined }, now)
    assert.deepEqual(changed?.user, { ...ada, bio: 'Poetical science', version: 4, updatedAt: now })
  })

  test('clears an optional text that is empty', () => {
    const changed = changeProfile(ada, { fullName: '', bio: '' }, now)
    assert.equal(changed?.user.fullName, undefined)
    assert.equal(changed?.user.bio, undefined)
  })

  test('is none when everything is as it was', () => {
    assert.equal(changeProfile(ada, {}, now), undefined)
    assert.equal(changeProfile(ada, { username: 'ada', avatarUrl: '' }, now), undefined)
  })

  test('may change nothing but the case of a username', () => {
    assert.equal(changeProfile(ada, { username: 'Ada' }, now)?.user.username, 'Ada')
  })

  test('tells the whole of what the others keep, with the new version', () => {
    const event = changeProfile(ada, { email: 'countess@example.org' }, now)?.events[0]
    assert.equal(event?.type, 'user.updated')
    assert.equal(event.key, '7')
    assert.deepEqual(event.data, {
      id: 7,
      username: 'ada',
      email: 'countess@example.org',
      full_name: 'Ada Lovelace',
      bio: 'Engines',
      version: 4,
      changed: ['email'],
    })
  })
})

test('a change names the fields that differ, as the contract calls them, and no others', () => {
  const changes = { username: 'ada', fullName: 'Ada King', bio: '', avatarUrl: 'https://example.org/a.png' }
  const event = changeProfile({ ...ada, bio: 'Engines' }, changes, now)?.events[0]?.data
  assert.partialDeepStrictEqual(event, { changed: ['full_name', 'bio', 'avatar_url'] })
})

test('a registration keeps no empty texts', () => {
  assert.deepEqual(newProfile({ username: 'bob', email: 'bob@example.org', fullName: '', bio: '' }), {
    username: 'bob',
    email: 'bob@example.org',
    fullName: undefined,
    bio: undefined,
    avatarUrl: undefined,
  })
})

test('a registration is told as of the time of its profile', () => {
  const [event] = registered(ada)
  assert.equal(event?.type, 'user.created')
  assert.equal(event.time, ada.createdAt)
})

test('a deletion is newer than the last version', () => {
  assert.deepEqual(deleted(7, 3, now)[0]?.data, { id: 7, version: 4 })
})
