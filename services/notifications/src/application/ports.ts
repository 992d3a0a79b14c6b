import type { NewNotification, Notification, NotificationId, UserId } from '../domain/notification.ts'

export type FeedPage = { readonly notifications: readonly Notification[]; readonly total: number }

/** `lastId` is the highest id that the user was ever given, 0 before the first. */
export type NewsPage = { readonly notifications: readonly Notification[]; readonly lastId: NotificationId }

/** What was found of a notification that was to be changed: whose it is, and whether it is different now. */
export type Change = { readonly owner: UserId | undefined; readonly changed: boolean }

/**
 * What users are to know. Whatever writes keeps the counts in step and stores the event that goes with it: all of that
 * or nothing. Of somebody else's notification nothing is ever changed.
 */
export interface Notifications {
  /** The newest first, and how many there are in all. */
  page(user: UserId, page: number, limit: number): Promise<FeedPage>
  countUnread(user: UserId): Promise<number>
  byId(id: NotificationId): Promise<Notification | undefined>
  /** What came after a notification, oldest first, at most `limit`. */
  after(user: UserId, id: NotificationId, limit: number): Promise<NewsPage>
  lastId(user: UserId): Promise<NotificationId>
  /** The id of what was added; undefined for a recipient who is gone. */
  add(notification: NewNotification): Promise<NotificationId | undefined>
  markRead(user: UserId, id: NotificationId): Promise<Change>
  /** Marks everything up to the newest. */
  markAllRead(user: UserId): Promise<void>
  remove(user: UserId, id: NotificationId): Promise<Change>
}

export interface Users {
  /** @throws AppError `unavailable` when nothing can be said about the user */
  exists(id: UserId): Promise<boolean>
}
