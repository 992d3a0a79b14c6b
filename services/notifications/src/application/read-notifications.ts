import { mustBeOwn } from '../domain/notification.ts'
import type { Notification, NotificationId, UserId } from '../domain/notification.ts'
import { notificationNotFound } from '../domain/faults.ts'
import type { FeedPage, NewsPage, Notifications } from './ports.ts'

type Ports = { readonly notifications: Notifications }

export const readFeed =
  ({ notifications }: Ports) =>
  (user: UserId, { page, limit }: { readonly page: number; readonly limit: number }): Promise<FeedPage> =>
    notifications.page(user, page, limit)

export const countUnread =
  ({ notifications }: Ports) =>
  (user: UserId): Promise<number> =>
    notifications.countUnread(user)

export const readNotification =
  ({ notifications }: Ports) =>
  async (user: UserId, id: NotificationId): Promise<Notification> => {
    const found = await notifications.byId(id)
    mustBeOwn(user, found?.userId)
    if (!found) throw notificationNotFound()
    return found
  }

/** For who was away: what came after the last notification known there. Without one, only from where to ask on. */
export const listNewNotifications =
  ({ notifications }: Ports) =>
  async (user: UserId, after: NotificationId | undefined, limit: number): Promise<NewsPage> =>
    after === undefined
      ? { notifications: [], lastId: await notifications.lastId(user) }
      : notifications.after(user, after, limit)
