import type { Notification } from '../../domain/notification.ts'

export type NotificationRow = {
  readonly id: number
  readonly user_id: number
  readonly type: string
  readonly is_read: boolean
  readonly created_at: Date
  readonly payload: string | null
}

/** What is shown of a notification `n`, whose inbox is `i`; the payload as text, which nobody here reads. */
export const SHOWN = `n.id, n.user_id, n.type, n.is_read OR n.id <= i.read_up_to AS is_read, n.created_at,
  n.payload::text AS payload`

export const fromNotificationRow = (row: NotificationRow): Notification => ({
  id: row.id,
  userId: row.user_id,
  type: row.type,
  isRead: row.is_read,
  createdAt: row.created_at,
  payload: row.payload ?? undefined,
})
