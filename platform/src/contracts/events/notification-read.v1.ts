import { z } from 'zod'
import { defineEvent } from './define.ts'
import { topics } from '../topics.ts'
import { id } from './fields.ts'

/** A user has read one notification, or all up to one. */
export const notificationRead = defineEvent({
  type: 'notification.read',
  topic: topics.notifications,
  schema: z.object({ user_id: id, notification_id: id, and_all_before: z.boolean() }),
  key: (read) => read.user_id,
})
