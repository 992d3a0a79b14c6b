import type { Notification, NotificationId, UserId } from '../domain/notification.ts'
import type { Notifications, Users } from './ports.ts'

/** Users of whom these exist. */
export const fakeUsers = (...ids: readonly UserId[]): Users => ({ exists: async (id) => ids.includes(id) })

type FakeNotifications = Notifications & {
  /** From now on nothing can be added for the user, as for somebody who has just been deleted. */
  close(user: UserId): void
}

/** Notifications in memory, with the rules of the real ones. */
export const fakeNotifications = (): FakeNotifications => {
  const rows = new Map<NotificationId, Notification>()
  const closed = new Set<UserId>()
  let lastId = 0

  const of = (user: UserId): Notification[] => [...rows.values()].filter(({ userId }) => userId === user)
  const unread = (user: UserId): Notification[] => of(user).filter(({ isRead }) => !isRead)
  const read = (row: Notification): void => void rows.set(row.id, { ...row, isRead: true })
  const lastIdOf = (user: UserId): NotificationId => of(user).at(-1)?.id ?? 0

  return {
    close: (user) => void closed.add(user),
    page: async (user, page, limit) => ({
      notifications: of(user)
        .toReversed()
        .slice((page - 1) * limit, page * limit),
      total: of(user).length,
    }),
    countUnread: async (user) => unread(user).length,
    byId: async (id) => rows.get(id),
    after: async (user, id, limit) => ({
      notifications: of(user)
        .filter((row) => row.id > id)
        .slice(0, limit),
      lastId: lastIdOf(user),
    }),
    lastId: async (user) => lastIdOf(user),
    add: async ({ recipient: userId, type, payload }) => {
      if (closed.has(userId)) return undefined
      lastId += 1
      const createdAt = new Date(Date.UTC(2026, 0, 1, 0, 0, lastId))
      rows.set(lastId, { id: lastId, userId, type, payload, createdAt, isRead: false })
      return lastId
    },
    markRead: async (user, id) => {
      const row = rows.get(id)
      const changed = row?.userId === user && !row.isRead
      if (row && changed) read(row)
      return { owner: row?.userId, changed }
    },
    markAllRead: async (user) => unread(user).forEach(read),
    remove: async (user, id) => {
      const owner = rows.get(id)?.userId
      return { owner, changed: owner === user && rows.delete(id) }
    },
  }
}
