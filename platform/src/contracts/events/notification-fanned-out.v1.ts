import { z } from 'zod'
import { defineEvent } from './define.ts'
import { topics } from '../topics.ts'
import { id, previousId } from './fields.ts'

/** Many users have the same notification, each one of his own: one event for a batch instead of one for each. */
export const notificationFannedOut = defineEvent({
  type: 'notification.fanned-out',
  topic: topics.notifications,
  schema: z.object({
    type: z.string(),
    payload: z.unknown().optional(),
    created_at: z.iso.datetime(),
    recipients: z.array(z.object({ id, user_id: id, previous_id: previousId })).min(1),
  }),
  key: ({ recipients }) => recipients[0]?.user_id ?? 0,
})
