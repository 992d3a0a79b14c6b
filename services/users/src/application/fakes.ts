import type { DomainEvent } from '@pharos/platform/contracts/events/define'
import type { Clock } from '@pharos/platform/runtime/clock'
import { emailTaken, usernameTaken } from '../domain/faults.ts'
import type { Profile, User, UserId } from '../domain/user.ts'
import type { Sessions, Users } from './ports.ts'

/** A clock that stands until it is set. */
export const fakeClock = (at = '2026-01-01T12:00:00.000Z'): Clock & { set(at: string): void } => {
  let now = new Date(at)
  return {
    now: () => now,
    set: (next) => {
      now = new Date(next)
    },
  }
}

/** Sessions that remember whose were ended. */
export const fakeSessions = (): Sessions & { readonly revoked: UserId[] } => {
  const revoked: UserId[] = []
  return {
    revoked,
    revokeAll: async (userId) => void revoked.push(userId),
  }
}

const same = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase()

type FakeUsers = Users & {
  readonly events: DomainEvent[]
  /** What `lastKnown` gives of a user from now on, as a copy that has not heard of a change. */
  showStale(user: User): void
}

/** Profiles in memory, with the rules of the real ones: unique names and addresses, versions, registration keys. */
export const fakeUsers = (): FakeUsers => {
  const rows = new Map<UserId, User>()
  const stale = new Map<UserId, User>()
  const keys = new Map<string, UserId>()
  const events: DomainEvent[] = []
  let lastId = 0

  const find = (matches: (user: User) => boolean): User | undefined => [...rows.values()].find(matches)

  const refuseTaken = (id: UserId, profile: Profile): void => {
    if (find((user) => user.id !== id && same(user.username, profile.username))) throw usernameTaken()
    if (find((user) => user.id !== id && same(user.email, profile.email))) throw emailTaken()
  }

  return {
    events,
    showStale: (user) => void stale.set(user.id, user),
    byId: (id) => rows.get(id),
    lastKnown: (id) => stale.get(id) ?? rows.get(id),
    byUsername: (username) => find((user) => same(user.username, username)),
    byEmail: (email) => find((user) => same(user.email, email)),
    latest: async (id) => rows.get(id),
    create: async ({ key, profile, at }, eventsOf) => {
      const earlier = key === undefined ? undefined : rows.get(keys.get(key) ?? 0)
      if (earlier) return earlier
      refuseTaken(0, profile)
      lastId += 1
      const user = { ...profile, id: lastId, version: 1, createdAt: at, updatedAt: at }
      rows.set(lastId, user)
      if (key !== undefined) keys.set(key, lastId)
      events.push(...eventsOf(user))
      return user
    },
    save: async (user, itsEvents) => {
      if (rows.get(user.id)?.version !== user.version - 1) return false
      refuseTaken(user.id, user)
      rows.set(user.id, user)
      events.push(...itsEvents)
      return true
    },
    remove: async (id, eventsOf) => {
      const user = rows.get(id)
      if (!user) return false
      rows.delete(id)
      events.push(...eventsOf(user.version))
      return true
    },
  }
}
