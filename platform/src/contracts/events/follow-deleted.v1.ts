import { z } from 'zod'
import { defineEvent } from './define.ts'
import { topics } from '../topics.ts'
import { id } from './fields.ts'

/** Somebody follows somebody no more: by will, or because one of the accounts is gone. */
export const followDeleted = defineEvent({
  type: 'follow.deleted',
  topic: topics.relations,
  schema: z.object({ follower_id: id, followee_id: id }),
  key: (follow) => follow.followee_id,
})
