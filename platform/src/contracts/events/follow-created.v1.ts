import { z } from 'zod'
import { defineEvent } from './define.ts'
import { topics } from '../topics.ts'
import { id } from './fields.ts'

/** Somebody follows somebody from now on. */
export const followCreated = defineEvent({
  type: 'follow.created',
  topic: topics.relations,
  schema: z.object({ follower_id: id, followee_id: id }),
  key: (follow) => follow.followee_id,
})
