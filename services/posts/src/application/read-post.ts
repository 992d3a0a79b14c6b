import type { AuthorCard } from '../domain/author.ts'
import { postNotFound } from '../domain/faults.ts'
import type { AuthoredPost } from '../domain/list.ts'
import type { PostId } from '../domain/post.ts'
import type { Authors, Posts } from './ports.ts'

/** A post with its author as it is now, not as it was when the post was written. */
export const readPost =
  ({ posts, authors }: { readonly posts: Posts; readonly authors: Authors }) =>
  async (id: PostId): Promise<AuthoredPost<AuthorCard>> => {
    const post = await posts.byId(id)
    if (!post) throw postNotFound()
    return { post, author: await authors.byId(post.authorId) }
  }
