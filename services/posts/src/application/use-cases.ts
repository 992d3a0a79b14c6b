import type { Clock } from '@pharos/platform/runtime/clock'
import { createPost } from './create-post.ts'
import { deletePost } from './delete-post.ts'
import { listPosts } from './list-posts.ts'
import type { Authors, NewIds, PostLists, Posts, Tags } from './ports.ts'
import { readPost } from './read-post.ts'
import { updatePost } from './update-post.ts'

export type PostsPorts = {
  readonly posts: Posts
  readonly lists: PostLists
  readonly authors: Authors
  readonly tags: Tags
  readonly ids: NewIds
  readonly clock: Clock
}

/** Everything that posts does. */
export const createUseCases = (ports: PostsPorts) => ({
  createPost: createPost(ports),
  deletePost: deletePost(ports),
  listPosts: listPosts(ports),
  readPost: readPost(ports),
  updatePost: updatePost(ports),
})

export type PostsUseCases = ReturnType<typeof createUseCases>
