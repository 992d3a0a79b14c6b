import type { DomainEvent } from '@pharos/platform/contracts/events/define'
import { postCreated } from '@pharos/platform/contracts/events/post-created.v1'
import { postDeleted } from '@pharos/platform/contracts/events/post-deleted.v1'
import { postUpdated } from '@pharos/platform/contracts/events/post-updated.v1'
import type { AuthorId } from './author.ts'
import { forbidden } from './faults.ts'
import { sameMedia } from './media.ts'
import type { Media } from './media.ts'

export type PostId = number

/** A tag is a name that has got an id; it is never renamed and never goes. */
export type Tag = { readonly id: number; readonly name: string }

/** What an author writes. */
export type Draft = {
  readonly title: string
  readonly content: string | undefined
  readonly tags: readonly Tag[]
  readonly media: readonly Media[]
}

/** `version` grows by one with every change, so a copy can be told from the latest. */
export type Post = Draft & {
  readonly id: PostId
  readonly authorId: AuthorId
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** What an author changes; a field that is absent or undefined stays. */
export type PostChanges = { readonly [K in keyof Draft]?: Draft[K] | undefined }

type Written = { readonly post: Post; readonly events: readonly DomainEvent[] }

/** A content of nothing is none. */
const given = (content: string | undefined): string | undefined => (content === '' ? undefined : content)

/** A new post and what to tell of it. */
export const writePost = (id: PostId, authorId: AuthorId, draft: Draft, now: Date): Written => {
  const post = { ...draft, content: given(draft.content), id, authorId, version: 1, createdAt: now, updatedAt: now }
  const { title, version } = post
  const data = { id, author_id: authorId, title, created_at: now.toISOString(), version }
  return { post, events: [postCreated.event(data, now)] }
}

/**
 * The post after the changes and what to tell of it, or undefined when nothing changes. An empty title is no title and
 * ignored; empty content, tags or media are cleared; what is given and differs replaces the whole.
 */
export const changePost = (post: Post, changes: PostChanges, now: Date): Written | undefined => {
  const title = changes.title === '' ? post.title : (changes.title ?? post.title)
  const content = changes.content === undefined ? post.content : given(changes.content)
  const tags = changes.tags && !sameTags(changes.tags, post.tags) ? changes.tags : post.tags
  const media = changes.media && !sameMedia(changes.media, post.media) ? changes.media : post.media
  if (title === post.title && content === post.content && tags === post.tags && media === post.media) return undefined
  const { id, authorId } = post
  const version = post.version + 1
  const updatedAt = laterThan(post.updatedAt, now)
  const changed = { ...post, title, content, tags, media, version, updatedAt }
  return { post: changed, events: [postUpdated.event({ id, author_id: authorId, title, version }, updatedAt)] }
}

/** A deletion is newer than every version there was. */
export const deleted = (
  { id, authorId, version }: Pick<Post, 'id' | 'authorId' | 'version'>,
  now: Date,
): readonly DomainEvent[] => [postDeleted.event({ id, author_id: authorId, version: version + 1 }, now)]

/** A post belongs to its author alone, whatever the role of who asks. @throws AppError `forbidden` */
export const mustBeAuthor = (userId: number, post: Post): void => {
  if (userId !== post.authorId) throw forbidden()
}

const sameTags = (left: readonly Tag[], right: readonly Tag[]): boolean =>
  left.length === right.length && left.every(({ id }, index) => id === right[index]?.id)

/** Each change has a later time than the one before, also when two clocks differ. */
const laterThan = (earlier: Date, now: Date): Date => (now > earlier ? now : new Date(earlier.getTime() + 1))
