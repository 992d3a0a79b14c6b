import { z } from 'zod'
import { defineEvent } from './define.ts'
import { topics } from '../topics.ts'
import { id, previousId } from './fields.ts'

/** One user has one more notification. */
export const notificationCreated = defineEvent({
  type: 'notification.created',
  topic: topics.notifications,
  schema: z.object({
    id,
    user_id: id,
    type: z.string(),
    payload: z.unknown().optional(),
    created_at: z.iso.datetime(),
    previous_id: previousId,
  }),
  key: (notification) => notification.user_id,
})
