import type { Author, AuthorId } from './author.ts'
import type { Post, PostId } from './post.ts'

/** A place in the order of all lists: newest first, of the same moment the higher id first. */
export type Place = { readonly createdAt: Date; readonly id: PostId }

/** Where a page begins: right after a place, or after so many posts. */
export type PageStart = { readonly place: Place } | { readonly offset: number }

export const MAX_LIMIT = 100
export const DEFAULT_LIMIT = 20

/** Which posts, and which part of them. Both times belong to what is asked for. */
export type PostQuery = {
  readonly authorId?: AuthorId | undefined
  readonly tag?: string | undefined
  readonly after?: Date | undefined
  readonly before?: Date | undefined
  readonly start: PageStart
  readonly limit: number
}

/** A post and who has written it; undefined for an account that is gone or that nobody knows. */
export type AuthoredPost<A extends Author = Author> = { readonly post: Post; readonly author: A | undefined }

/** `next` is where the following page begins, when there is one. */
export type PostPage = {
  readonly posts: readonly AuthoredPost[]
  readonly total: number
  readonly next: Place | undefined
}
