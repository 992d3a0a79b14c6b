import { unavailable } from '@pharos/platform/errors'
import { postNotFound } from '../domain/faults.ts'
import type { Post, PostId } from '../domain/post.ts'
import type { Posts } from './ports.ts'

const MAX_ATTEMPTS = 5

/**
 * Tries a write on the last known copy of a post, then on what is stored, until nobody else comes first. `attempt` gives
 * undefined when it could not write, or when it will not decide on a copy that may be outdated.
 * @throws AppError `post not found`; `unavailable` when others are always first
 */
export const onLatest = async <T>(
  posts: Posts,
  id: PostId,
  attempt: (post: Post, isLatest: boolean) => Promise<T | undefined>,
): Promise<T> => {
  const copy = await posts.lastKnown(id)
  const done = copy && (await attempt(copy, false))
  if (done !== undefined) return done
  for (let count = 1; count < MAX_ATTEMPTS; count += 1) {
    const post = await posts.latest(id)
    if (!post) throw postNotFound()
    const result = await attempt(post, true)
    if (result !== undefined) return result
  }
  throw unavailable('post.contended')
}
