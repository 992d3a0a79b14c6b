import { notificationNotFound } from '../domain/faults.ts'
import { mustBeOwn } from '../domain/notification.ts'
import type { NotificationId, UserId } from '../domain/notification.ts'
import type { Notifications } from './ports.ts'

export const deleteNotification =
  ({ notifications }: { readonly notifications: Notifications }) =>
  async (user: UserId, id: NotificationId): Promise<void> => {
    const { owner, changed } = await notifications.remove(user, id)
    mustBeOwn(user, owner)
    // Somebody with the same token was faster.
    if (!changed) throw notificationNotFound()
  }
