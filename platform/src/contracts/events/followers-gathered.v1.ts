import { z } from 'zod'
import { defineEvent } from './define.ts'
import { topics } from '../topics.ts'
import { id } from './fields.ts'

export const MAX_GATHERED = 500

/** Some of those who are to hear of a post; all of them come in as many events as it takes. */
export const followersGathered = defineEvent({
  type: 'followers.gathered',
  topic: topics.relations,
  schema: z.object({
    post: z.object({ id, author_id: id, title: z.string() }),
    follower_ids: z.array(id).min(1).max(MAX_GATHERED),
  }),
  key: ({ post }) => post.author_id,
})
