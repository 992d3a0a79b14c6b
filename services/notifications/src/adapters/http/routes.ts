import { notificationsApi } from '@pharos/platform/contracts/http/notifications'
import { notificationsInternalApi } from '@pharos/platform/contracts/internal/notifications'
import { bind } from '@pharos/platform/http/router'
import type { BoundRoute } from '@pharos/platform/http/router'
import type { NotificationsUseCases } from '../../application/use-cases.ts'
import { replyDone, replyWithFeed, replyWithNews, replyWithNotification } from './views.ts'

const markedRead = replyDone('Notification marked as read')
const alreadyRead = replyDone('Notification already marked as read')
const allMarkedRead = replyDone('All notifications marked as read')
const removed = replyDone('Notification removed successfully')

/** The public operations. */
export const publicRoutes = (app: NotificationsUseCases): BoundRoute[] =>
  bind(notificationsApi, {
    readFeed: async ({ query, user }) => replyWithFeed(await app.readFeed(user.userId, query), query),
    countUnread: async ({ user }) => ({ count: await app.countUnread(user.userId) }),
    getNotification: async ({ params, user }) =>
      replyWithNotification(await app.readNotification(user.userId, params.id)),
    markRead: async ({ params, user }) => ((await app.markRead(user.userId, params.id)) ? markedRead : alreadyRead),
    markAllRead: async ({ user }) => {
      await app.markAllRead(user.userId)
      return allMarkedRead
    },
    sendNotification: async ({ body: { user_id: recipient, type, payload } }) => {
      const id = await app.sendNotification({ recipient, type, payload: JSON.stringify(payload) })
      return { notification_id: id, message: 'Notification sent successfully' }
    },
    deleteNotification: async ({ params, user }) => {
      await app.deleteNotification(user.userId, params.id)
      return removed
    },
  })

/** What the gateway asks on behalf of a user. */
export const internalRoutes = (app: NotificationsUseCases): BoundRoute[] =>
  bind(notificationsInternalApi, {
    listNewNotifications: async ({ query: { after, limit }, user }) =>
      replyWithNews(await app.listNewNotifications(user.userId, after, limit)),
  })
