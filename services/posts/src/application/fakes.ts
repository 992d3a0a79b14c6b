import type { DomainEvent } from '@pharos/platform/contracts/events/define'
import { unavailable } from '@pharos/platform/errors'
import type { Clock } from '@pharos/platform/runtime/clock'
import type { AuthorCard, AuthorId } from '../domain/author.ts'
import type { Post, PostId, Tag } from '../domain/post.ts'
import type { Authors, FoundPage, NewIds, PostLists, Posts, Tags } from './ports.ts'

/** A clock that moves on by a second with each look at it. */
export const fakeClock = (at = '2026-01-01T12:00:00.000Z'): Clock => {
  let ms = Date.parse(at)
  return { now: () => new Date((ms += 1_000)) }
}

export const fakeIds = (): NewIds => {
  let last = 0
  return {
    forPost: () => (last += 1),
    forMedia: (count) => Array.from({ length: count }, () => (last += 1)),
  }
}

export const fakeTags = (): Tags => {
  const known = new Map<string, Tag>()
  return {
    named: (names) =>
      names.map((name) => {
        const tag = known.get(name) ?? { id: known.size + 1, name }
        known.set(name, tag)
        return tag
      }),
  }
}

type FakeAuthors = Authors & {
  add(id: AuthorId): AuthorCard
  /** From now on nobody can be asked for who is not known. */
  cutOff(): void
}

/** Authors who are known; others have no account, unless nobody can tell. */
export const fakeAuthors = (): FakeAuthors => {
  const cards = new Map<AuthorId, AuthorCard>()
  let isCutOff = false
  return {
    add: (id) => {
      const names = { username: `u${id}`, fullName: undefined, avatarUrl: undefined, bio: undefined }
      const card = { id, version: 1, email: `u${id}@example.org`, ...names }
      cards.set(id, card)
      return card
    },
    cutOff: () => {
      isCutOff = true
    },
    byId: (id) => cards.get(id),
    lookUp: async (ids) => new Map(ids.flatMap((id) => (cards.has(id) ? [[id, cards.get(id) as AuthorCard]] : []))),
    existing: (id) => {
      if (!cards.has(id) && isCutOff) throw unavailable('users.unavailable')
      return cards.get(id)
    },
  }
}

/** A page that is always the same. */
export const fakeLists = (page: FoundPage): PostLists => ({ find: async () => page })

type FakePosts = Posts & {
  readonly events: DomainEvent[]
  /** What `lastKnown` gives of a post from now on, as a copy that has not heard of a change. */
  showStale(post: Post): void
  /** The account of an author ends: no post of it is written any more. */
  close(author: AuthorId): void
}

/** Posts in memory, with the rules of the real ones: versions, and no writing for who is gone. */
export const fakePosts = (): FakePosts => {
  const rows = new Map<PostId, Post>()
  const stale = new Map<PostId, Post>()
  const closed = new Set<AuthorId>()
  const events: DomainEvent[] = []
  return {
    events,
    showStale: (post) => void stale.set(post.id, post),
    close: (author) => void closed.add(author),
    byId: (id) => rows.get(id),
    lastKnown: (id) => stale.get(id) ?? rows.get(id),
    latest: async (id) => rows.get(id),
    create: async (post, itsEvents) => {
      if (closed.has(post.authorId)) return undefined
      rows.set(post.id, post)
      events.push(...itsEvents)
      return post
    },
    save: async (before, after, itsEvents) => {
      if (rows.get(before.id)?.version !== before.version) return false
      rows.set(after.id, after)
      events.push(...itsEvents)
      return true
    },
    remove: async ({ id, version }, itsEvents) => {
      if (rows.get(id)?.version !== version) return false
      rows.delete(id)
      events.push(...itsEvents)
      return true
    },
  }
}
