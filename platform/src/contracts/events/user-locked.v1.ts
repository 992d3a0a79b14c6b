import { z } from 'zod'
import { defineEvent } from './define.ts'
import { topics } from '../topics.ts'
import { id } from './fields.ts'

/** Too many failed logins: no login of this account succeeds before `locked_until`. */
export const userLocked = defineEvent({
  type: 'user.locked',
  topic: topics.auth,
  schema: z.object({ user_id: id, locked_until: z.iso.datetime() }),
  key: (lock) => lock.user_id,
})
