import { z } from 'zod'
import { defineEvent } from './define.ts'
import { topics } from '../topics.ts'
import { userSnapshot } from './user.ts'

/**
 * A profile or a login name has changed; the event holds the whole of what it is now, and which fields are not what they
 * were. Whoever keeps none of those may pass over it. Absent in events from before it was told: then any may have changed.
 */
export const userUpdated = defineEvent({
  type: 'user.updated',
  topic: topics.users,
  schema: userSnapshot.extend({ changed: z.array(z.string()).optional() }),
  key: (user) => user.id,
})
