import { Reply } from '@pharos/platform/http/answer'
import type { FeedPage, NewsPage } from '../../application/ports.ts'
import { pagesOf } from '../../domain/notification.ts'
import type { Notification } from '../../domain/notification.ts'

/** The payload is JSON text already and goes into the answer as it is. */
const jsonOf = ({ id, userId, type, isRead, createdAt, payload }: Notification): string =>
  `{"id":${id},"user_id":${userId},"type":${JSON.stringify(type)},"is_read":${isRead},` +
  `"created_at":"${createdAt.toISOString()}"${payload === undefined ? '' : `,"payload":${payload}`}}`

const listOf = (notifications: readonly Notification[]): string => `[${notifications.map(jsonOf).join(',')}]`

/** All that ever changes in a notification is whether it is read, so that is its version. */
export const replyWithNotification = (notification: Notification): Reply =>
  new Reply({
    json: jsonOf(notification),
    etag: `W/"${notification.id}.${notification.isRead ? 'read' : 'unread'}"`,
  })

export const replyWithFeed = (
  { notifications, total }: FeedPage,
  { page, limit }: { readonly page: number; readonly limit: number },
): Reply => {
  const counts = `"total":${total},"page":${page},"limit":${limit},"total_pages":${pagesOf(total, limit)}`
  return new Reply({ json: `{"notifications":${listOf(notifications)},${counts}}` })
}

export const replyWithNews = ({ notifications, lastId }: NewsPage): Reply =>
  new Reply({ json: `{"notifications":${listOf(notifications)},"last_id":${lastId}}` })

/** The contract has success and message of a change inside `data`. */
export const replyDone = (message: string): Reply => new Reply({ json: JSON.stringify({ success: true, message }) })
