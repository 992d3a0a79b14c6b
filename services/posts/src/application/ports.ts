import type { DomainEvent } from '@pharos/platform/contracts/events/define'
import type { AuthorCard, AuthorId } from '../domain/author.ts'
import type { PostPage, PostQuery } from '../domain/list.ts'
import type { Post, PostId, Tag } from '../domain/post.ts'

export type MaybePromise<T> = T | Promise<T>

/** The posts. Whatever writes takes the events that go with it: all is kept, with tags and totals, or nothing. */
export interface Posts {
  byId(id: PostId): MaybePromise<Post | undefined>
  /** A copy to try a change on. It may be outdated, which the write then finds out; undefined when there is no post. */
  lastKnown(id: PostId): MaybePromise<Post | undefined>
  /** What is stored now, past every copy. */
  latest(id: PostId): Promise<Post | undefined>
  /**
   * Stores a new post and returns it as it is stored: a repeated request gets the post of the first. Undefined when the
   * author's account is gone.
   */
  create(post: Post, events: readonly DomainEvent[]): Promise<Post | undefined>
  /** Stores the next version of `before`; false when another change came first, or the post is gone. */
  save(before: Post, after: Post, events: readonly DomainEvent[]): Promise<boolean>
  /** Removes this version of a post; false as in `save`. */
  remove(post: Post, events: readonly DomainEvent[]): Promise<boolean>
}

/** A page as it is read; its authors are known but for those of `unknown`, whom users must be asked for. */
export type FoundPage = PostPage & { readonly unknown: readonly AuthorId[] }

export interface PostLists {
  find(query: PostQuery): Promise<FoundPage>
}

export interface Tags {
  /** The tags of these names, in their order; those that nobody has used before are made. */
  named(names: readonly string[]): MaybePromise<readonly Tag[]>
}

/** Ids that nothing has yet. */
export interface NewIds {
  forPost(): MaybePromise<PostId>
  forMedia(count: number): MaybePromise<readonly number[]>
}

export interface Authors {
  /** Undefined for an account that is gone, and for one that is not known here while users cannot be asked. */
  byId(id: AuthorId): MaybePromise<AuthorCard | undefined>
  /** Several that are not known here, by id, as far as users can tell of them. */
  lookUp(ids: readonly AuthorId[]): Promise<ReadonlyMap<AuthorId, AuthorCard>>
  /** Undefined only for an account that is gone. @throws AppError `unavailable` when nobody can tell */
  existing(id: AuthorId): MaybePromise<AuthorCard | undefined>
}
