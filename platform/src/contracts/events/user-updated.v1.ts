import { defineEvent } from './define.ts'
import { topics } from '../topics.ts'
import { userSnapshot } from './user.ts'

/** A profile or a login name has changed; the event holds the whole of what it is now. */
export const userUpdated = defineEvent({
  type: 'user.updated',
  topic: topics.users,
  schema: userSnapshot,
  key: (user) => user.id,
})
