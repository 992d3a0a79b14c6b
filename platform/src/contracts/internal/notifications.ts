import { z } from 'zod'
import { operation } from '../http/define.ts'
import { queryInteger } from '../http/fields.ts'
import { notificationView } from '../http/notifications.ts'

/** What the gateway asks for a live connection. Never reachable through the gateway itself. */
export const notificationsInternalApi = {
  listNewNotifications: operation({
    id: 'listNewNotifications',
    service: 'notifications',
    tag: 'internal',
    methods: ['get'],
    paths: ['/internal/notifications'],
    summary:
      'Notifications of the bearer of the token after one of them, oldest first; without `after`, none and the last id',
    auth: 'user',
    limit: 'read',
    query: z.object({
      after: queryInteger(0, Number.MAX_SAFE_INTEGER).optional(),
      limit: queryInteger(1, 500).default(100),
    }),
    success: { status: 200, data: z.object({ notifications: z.array(notificationView), last_id: z.int() }) },
    refusals: [],
  }),
}
