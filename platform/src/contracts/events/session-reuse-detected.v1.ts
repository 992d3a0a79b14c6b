import { z } from 'zod'
import { defineEvent } from './define.ts'
import { topics } from '../topics.ts'
import { id } from './fields.ts'

/** A refresh token was used a second time: stolen, or a client that is broken. The session is revoked. */
export const sessionReuseDetected = defineEvent({
  type: 'session.reuse-detected',
  topic: topics.auth,
  schema: z.object({ user_id: id, session_id: z.string().min(1) }),
  key: (session) => session.user_id,
})
