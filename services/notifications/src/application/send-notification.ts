import { userNotFound } from '../domain/faults.ts'
import type { NewNotification, NotificationId } from '../domain/notification.ts'
import type { Notifications, Users } from './ports.ts'

export const sendNotification =
  ({ notifications, users }: { readonly notifications: Notifications; readonly users: Users }) =>
  async (notification: NewNotification): Promise<NotificationId> => {
    const exists = await users.exists(notification.recipient)
    const id = exists ? await notifications.add(notification) : undefined
    if (id === undefined) throw userNotFound()
    return id
  }
