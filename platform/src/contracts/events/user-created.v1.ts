import { defineEvent } from './define.ts'
import { topics } from '../topics.ts'
import { userSnapshot } from './user.ts'

/** Somebody has registered. */
export const userCreated = defineEvent({
  type: 'user.created',
  topic: topics.users,
  schema: userSnapshot,
  key: (user) => user.id,
})
