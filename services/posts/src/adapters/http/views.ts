import type { CreatedPostView, PostPageView, PostView } from '@pharos/platform/contracts/http/posts'
import { Reply } from '@pharos/platform/http/answer'
import type { Author, AuthorCard } from '../../domain/author.ts'
import type { AuthoredPost, PostPage } from '../../domain/list.ts'
import type { Post } from '../../domain/post.ts'
import { toCursor } from './cursor.ts'

const UNKNOWN_AUTHOR: PostView['author'] = { id: 0, username: 'unknown', full_name: 'Unknown Author' }

const toAuthorView = (author: Author | undefined): PostView['author'] =>
  author
    ? {
        id: author.id,
        username: author.username,
        ...(author.fullName !== undefined && { full_name: author.fullName }),
        ...(author.avatarUrl !== undefined && { avatar_url: author.avatarUrl }),
      }
    : UNKNOWN_AUTHOR

/** What is written, without its author. Tags and media are kept as they are shown. */
const toWrittenView = ({ id, title, content, createdAt, updatedAt, media, tags }: Post) => ({
  id,
  title,
  ...(content !== undefined && { content }),
  created_at: createdAt.toISOString(),
  updated_at: updatedAt.toISOString(),
  ...(media.length > 0 && { media: [...media] }),
  ...(tags.length > 0 && { tags: [...tags] }),
})

const toPostView = ({ post, author }: AuthoredPost): PostView => ({
  ...toWrittenView(post),
  author: toAuthorView(author),
})

export const toCreatedView = ({
  post,
  author,
}: {
  readonly post: Post
  readonly author: AuthorCard
}): CreatedPostView => ({
  ...toWrittenView(post),
  author_id: author.id,
  author_username: author.username,
  author_email: author.email,
  ...(author.fullName !== undefined && { author_full_name: author.fullName }),
  ...(author.bio !== undefined && { author_bio: author.bio }),
  ...(author.avatarUrl !== undefined && { author_avatar_url: author.avatarUrl }),
})

export const toPageView = ({ posts, total, next }: PostPage): PostPageView => ({
  posts: posts.map(toPostView),
  total,
  ...(next && { next_cursor: toCursor(next) }),
})

const etagOf = ({ id, version }: Post, author: AuthorCard | undefined): string =>
  `W/"${id}.${version}.${author?.version ?? 0}"`

type Made = { readonly author: AuthorCard | undefined; readonly reply: Reply }
const made = new WeakMap<Post, Made>()

/**
 * A post as an answer. Posts and cards are immutable and stay in their caches, so for a post and a card that were shown
 * together before it is serialised already.
 */
export const replyWithPost = (authored: AuthoredPost<AuthorCard>): Reply => {
  const { post, author } = authored
  const earlier = made.get(post)
  if (earlier && earlier.author === author) return earlier.reply
  const reply = new Reply({ json: JSON.stringify(toPostView(authored)), etag: etagOf(post, author) })
  made.set(post, { author, reply })
  return reply
}
