import { z } from 'zod'
import { defineEvent } from './define.ts'
import { topics } from '../topics.ts'
import { id, version } from './fields.ts'

/** Somebody has published a post. */
export const postCreated = defineEvent({
  type: 'post.created',
  topic: topics.posts,
  schema: z.object({ id, author_id: id, title: z.string(), created_at: z.iso.datetime(), version }),
  key: (post) => post.id,
})
