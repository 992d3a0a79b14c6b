import type { DomainEvent } from '@pharos/platform/contracts/events/define'
import type { Clock } from '@pharos/platform/runtime/clock'
import type { UserId } from '../domain/follow.ts'
import type { Card } from '../domain/listed-user.ts'
import type { FollowLists, Follows, Users } from './ports.ts'

/** A clock that stands. */
export const fakeClock = (at = '2026-01-01T12:00:00.000Z'): Clock => ({ now: () => new Date(at) })

type FakeRelations = {
  readonly follows: Follows
  readonly lists: FollowLists
  readonly users: Users
  readonly events: DomainEvent[]
  /** What was asked of users, in order. */
  readonly asked: UserId[]
  /** Somebody whom users knows and relations does not yet. */
  register(...ids: readonly UserId[]): void
  /** Somebody whom both know, by this card. */
  know(id: UserId, card?: Card): void
  /** A follow that is stored already. */
  store(followerId: UserId, followeeId: UserId): void
}

/** Follows and cards in memory, with the rules of the real ones. */
export const fakeRelations = (): FakeRelations => {
  const registered = new Set<UserId>()
  const cards = new Map<UserId, Card>()
  const pairs: (readonly [follower: UserId, followee: UserId])[] = []
  const events: DomainEvent[] = []
  const asked: UserId[] = []

  const indexOf = (follower: UserId, followee: UserId): number =>
    pairs.findIndex(([one, other]) => one === follower && other === followee)
  const isThere = (id: UserId): boolean => cards.has(id) && cards.get(id) !== 'deleted'

  const ask = (id: UserId): boolean => {
    asked.push(id)
    if (registered.has(id)) cards.set(id, { username: `user-${id}`, avatarUrl: undefined })
    return registered.has(id)
  }

  const listOf = (owner: UserId, ids: readonly UserId[], { page, limit }: { page: number; limit: number }) => ({
    owner:
      cards.get(owner) === 'deleted'
        ? ('deleted' as const)
        : cards.has(owner)
          ? ('known' as const)
          : ('unknown' as const),
    total: ids.length,
    listed: ids
      .toReversed()
      .slice((page - 1) * limit, page * limit)
      .map((id) => ({ id, card: cards.get(id) ?? ('missing' as const) })),
  })

  return {
    events,
    asked,
    register: (...ids) => ids.forEach((id) => registered.add(id)),
    know: (id, card = { username: `user-${id}`, avatarUrl: undefined }) => void cards.set(id, card),
    store: (followerId, followeeId) => void pairs.push([followerId, followeeId]),
    follows: {
      add: async ({ followerId, followeeId }, _at, itsEvents) => {
        if (cards.get(followerId) === 'deleted') return 'no-follower'
        if (!isThere(followeeId)) return 'no-followee'
        if (indexOf(followerId, followeeId) >= 0) return 'followed-before'
        pairs.push([followerId, followeeId])
        events.push(...itsEvents)
        return 'followed'
      },
      remove: async ({ followerId, followeeId }, itsEvents) => {
        const index = indexOf(followerId, followeeId)
        if (index < 0) return false
        pairs.splice(index, 1)
        events.push(...itsEvents)
        return true
      },
    },
    lists: {
      followersOf: async (id, window) =>
        listOf(
          id,
          pairs.filter(([, followee]) => followee === id).map(([follower]) => follower),
          window,
        ),
      followeesOf: async (id, window) =>
        listOf(
          id,
          pairs.filter(([follower]) => follower === id).map(([, followee]) => followee),
          window,
        ),
    },
    users: {
      exists: async (id) => (cards.has(id) ? isThere(id) : ask(id)),
      lookUp: async (ids) => new Set(ids.filter(ask)),
    },
  }
}
