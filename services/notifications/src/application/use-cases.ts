import { deleteNotification } from './delete-notification.ts'
import { markAllRead, markRead } from './mark-read.ts'
import type { Notifications, Users } from './ports.ts'
import { countUnread, listNewNotifications, readFeed, readNotification } from './read-notifications.ts'
import { sendNotification } from './send-notification.ts'

type Ports = { readonly notifications: Notifications; readonly users: Users }

/** Everything that is asked of notifications; what events ask is in `adapters/kafka`. */
export const createUseCases = (ports: Ports) => ({
  countUnread: countUnread(ports),
  deleteNotification: deleteNotification(ports),
  listNewNotifications: listNewNotifications(ports),
  markAllRead: markAllRead(ports),
  markRead: markRead(ports),
  readFeed: readFeed(ports),
  readNotification: readNotification(ports),
  sendNotification: sendNotification(ports),
})

export type NotificationsUseCases = ReturnType<typeof createUseCases>
