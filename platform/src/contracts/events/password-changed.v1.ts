import { z } from 'zod'
import { defineEvent } from './define.ts'
import { topics } from '../topics.ts'
import { id } from './fields.ts'

/** A password was changed; the sessions named were revoked with it. */
export const passwordChanged = defineEvent({
  type: 'password.changed',
  topic: topics.auth,
  schema: z.object({ user_id: id, revoked_session_ids: z.array(z.string().min(1)).default([]) }),
  key: (change) => change.user_id,
})
