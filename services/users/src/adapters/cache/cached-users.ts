import { createReadThrough } from '@pharos/platform/redis/read-through'
import type { RedisConnection } from '@pharos/platform/redis/connect'
import { createBoundedMap } from '@pharos/platform/runtime/bounded-map'
import type { Users } from '../../application/ports.ts'
import type { User, UserId } from '../../domain/user.ts'

const TTL_MS = 5 * 60 * 1_000
const MAX_USERS = 20_000
const MAX_NAMES = 20_000
const MAX_WRITTEN = 5_000

type StoredUser = Omit<User, 'createdAt' | 'updatedAt'> & { readonly createdAt: string; readonly updatedAt: string }

const decode = (text: string): User => {
  const stored = JSON.parse(text) as StoredUser
  const { id, username, email, fullName, bio, avatarUrl, version } = stored
  return {
    id,
    username,
    email,
    fullName,
    bio,
    avatarUrl,
    version,
    createdAt: new Date(stored.createdAt),
    updatedAt: new Date(stored.updatedAt),
  }
}

const nameKey = (username: string): string => username.toLowerCase()

/**
 * Profiles by id and by username from memory or Redis. Every write forgets what it has changed before it returns, also
 * when it fails: a commit whose answer got lost may have happened. `onWrite` hears of each write that may have.
 */
export const createCachedUsers = (users: Users, redis: RedisConnection, onWrite: () => void): Users => {
  const cache = createReadThrough<UserId, User>({
    name: 'users-1',
    redis,
    ttlMs: TTL_MS,
    maxEntries: MAX_USERS,
    load: (id) => users.latest(id),
    decode,
  })
  /** Which id a name belonged to when it was last seen. It is believed only while the profile of that id has the name. */
  const idsByName = createBoundedMap<string, UserId>(MAX_NAMES)
  /** What this process has written last. Never shown, because others may have written since; `save` knows. */
  const written = createBoundedMap<UserId, User>(MAX_WRITTEN)

  const byHint = async (name: string): Promise<User | undefined> => {
    const id = idsByName.get(name)
    const user = id === undefined ? undefined : (cache.peek(id) ?? (await cache.get(id)))
    return user && nameKey(user.username) === name ? user : undefined
  }

  const forgetting = async <T>(id: UserId, write: () => Promise<T>): Promise<T> => {
    try {
      return await write()
    } finally {
      onWrite()
      await cache.invalidate(id)
    }
  }

  return {
    byId: (id) => cache.peek(id) ?? cache.get(id),
    byUsername: async (username) => {
      const name = nameKey(username)
      const hinted = await byHint(name)
      if (hinted) return hinted
      const user = await users.byUsername(username)
      if (user) idsByName.set(name, user.id)
      return user
    },
    byEmail: (email) => users.byEmail(email),
    lastKnown: (id) => written.get(id) ?? cache.peek(id) ?? users.lastKnown(id),
    latest: (id) => users.latest(id),
    create: async (registration, eventsOf) => {
      try {
        return await users.create(registration, eventsOf)
      } finally {
        onWrite()
      }
    },
    save: async (user, events) => {
      const saved = await forgetting(user.id, () => users.save(user, events))
      if (saved) written.set(user.id, user)
      else written.delete(user.id)
      return saved
    },
    remove: (id, eventsOf) => forgetting(id, () => users.remove(id, eventsOf)),
  }
}
