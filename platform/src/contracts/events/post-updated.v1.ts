import { z } from 'zod'
import { defineEvent } from './define.ts'
import { topics } from '../topics.ts'
import { id, version } from './fields.ts'

/** A post has changed; its text is read where it is kept. */
export const postUpdated = defineEvent({
  type: 'post.updated',
  topic: topics.posts,
  schema: z.object({ id, author_id: id, title: z.string(), version }),
  key: (post) => post.id,
})
