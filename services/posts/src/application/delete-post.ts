import type { Clock } from '@pharos/platform/runtime/clock'
import type { AuthorId } from '../domain/author.ts'
import { deleted, mustBeAuthor } from '../domain/post.ts'
import type { PostId } from '../domain/post.ts'
import { onLatest } from './on-latest.ts'
import type { Posts } from './ports.ts'

/** Deletes an own post. */
export const deletePost =
  ({ posts, clock }: { readonly posts: Posts; readonly clock: Clock }) =>
  async (userId: AuthorId, id: PostId): Promise<void> => {
    await onLatest(posts, id, async (post, isLatest) => {
      if (isLatest) mustBeAuthor(userId, post)
      else if (post.authorId !== userId) return undefined
      return (await posts.remove(post, deleted(post, clock.now()))) || undefined
    })
  }
