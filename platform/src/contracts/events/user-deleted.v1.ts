import { z } from 'zod'
import { defineEvent } from './define.ts'
import { topics } from '../topics.ts'
import { id, version } from './fields.ts'

/** An account is gone; everybody forgets what they keep of it. */
export const userDeleted = defineEvent({
  type: 'user.deleted',
  topic: topics.users,
  schema: z.object({ id, version }),
  key: (user) => user.id,
})
