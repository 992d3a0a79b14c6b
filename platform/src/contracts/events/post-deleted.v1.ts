import { z } from 'zod'
import { defineEvent } from './define.ts'
import { topics } from '../topics.ts'
import { id, version } from './fields.ts'

/** A post is gone: by its author, or with the account. */
export const postDeleted = defineEvent({
  type: 'post.deleted',
  topic: topics.posts,
  schema: z.object({ id, author_id: id, version }),
  key: (post) => post.id,
})
