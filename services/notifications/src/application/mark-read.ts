import { mustBeOwn } from '../domain/notification.ts'
import type { NotificationId, UserId } from '../domain/notification.ts'
import type { Notifications } from './ports.ts'

type Ports = { readonly notifications: Notifications }

/** False when it was read already. */
export const markRead =
  ({ notifications }: Ports) =>
  async (user: UserId, id: NotificationId): Promise<boolean> => {
    const { owner, changed } = await notifications.markRead(user, id)
    mustBeOwn(user, owner)
    return changed
  }

export const markAllRead =
  ({ notifications }: Ports) =>
  (user: UserId): Promise<void> =>
    notifications.markAllRead(user)
