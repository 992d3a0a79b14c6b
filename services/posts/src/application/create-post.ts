import type { Clock } from '@pharos/platform/runtime/clock'
import type { AuthorCard, AuthorId } from '../domain/author.ts'
import { accountGone } from '../domain/faults.ts'
import type { NewMedia } from '../domain/media.ts'
import { writePost } from '../domain/post.ts'
import type { Post } from '../domain/post.ts'
import { mediaOf, tagsOf } from './parts.ts'
import type { Authors, NewIds, Posts, Tags } from './ports.ts'

export type NewPost = {
  readonly title: string
  readonly content: string | undefined
  readonly tags: readonly string[]
  readonly media: readonly NewMedia[]
}

type Ports = {
  readonly posts: Posts
  readonly authors: Authors
  readonly tags: Tags
  readonly ids: NewIds
  readonly clock: Clock
}

/** Publishes a post. Who its author is must be known before anything is written, because the answer tells of it. */
export const createPost =
  ({ posts, authors, tags, ids, clock }: Ports) =>
  async (
    authorId: AuthorId,
    { title, content, ...parts }: NewPost,
  ): Promise<{ readonly post: Post; readonly author: AuthorCard }> => {
    const author = await authors.existing(authorId)
    if (!author) throw accountGone()
    const draft = { title, content, tags: await tagsOf(tags, parts.tags), media: await mediaOf(ids, parts.media) }
    const written = writePost(await ids.forPost(), authorId, draft, clock.now())
    const post = await posts.create(written.post, written.events)
    if (!post) throw accountGone()
    return { post, author }
  }
