import type { Clock } from '@pharos/platform/runtime/clock'
import type { AuthorCard, AuthorId } from '../domain/author.ts'
import type { AuthoredPost } from '../domain/list.ts'
import { changePost, mustBeAuthor } from '../domain/post.ts'
import type { PostChanges, PostId } from '../domain/post.ts'
import type { NewPost } from './create-post.ts'
import { onLatest } from './on-latest.ts'
import { mediaOf, tagsOf } from './parts.ts'
import type { Authors, NewIds, Posts, Tags } from './ports.ts'

/** A field that is absent or undefined stays as it is. */
export type PostEdit = { readonly [K in keyof NewPost]?: NewPost[K] | undefined }

type Ports = {
  readonly posts: Posts
  readonly authors: Authors
  readonly tags: Tags
  readonly ids: NewIds
  readonly clock: Clock
}

/** Changes an own post. Of two changes at once both are kept, in some order. */
export const updatePost = ({ posts, authors, tags, ids, clock }: Ports) => {
  const changesOf = async (edit: PostEdit): Promise<PostChanges> => ({
    title: edit.title,
    content: edit.content,
    tags: edit.tags && (await tagsOf(tags, edit.tags)),
    media: edit.media && (await mediaOf(ids, edit.media)),
  })

  return async (userId: AuthorId, id: PostId, edit: PostEdit): Promise<AuthoredPost<AuthorCard>> => {
    let changes: PostChanges | undefined
    const post = await onLatest(posts, id, async (before, isLatest) => {
      // A post never changes hands; but a copy does not say that the post is still there, which comes first.
      if (isLatest) mustBeAuthor(userId, before)
      else if (before.authorId !== userId) return undefined
      changes ??= await changesOf(edit)
      const next = changePost(before, changes, clock.now())
      if (!next) return isLatest ? before : undefined
      return (await posts.save(before, next.post, next.events)) ? next.post : undefined
    })
    return { post, author: await authors.byId(post.authorId) }
  }
}
