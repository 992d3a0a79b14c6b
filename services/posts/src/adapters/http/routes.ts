import type { z } from 'zod'
import { postsApi } from '@pharos/platform/contracts/http/posts'
import { bind } from '@pharos/platform/http/router'
import type { BoundRoute } from '@pharos/platform/http/router'
import type { PostsUseCases } from '../../application/use-cases.ts'
import { DEFAULT_LIMIT } from '../../domain/list.ts'
import type { PageStart, PostQuery } from '../../domain/list.ts'
import { fromCursor } from './cursor.ts'
import { replyWithPost, toCreatedView, toPageView } from './views.ts'

type ListInput = z.output<typeof postsApi.listPosts.query>

const startOf = ({ cursor, offset, page }: ListInput, limit: number): PageStart => {
  if (cursor !== undefined) return { place: fromCursor(cursor) }
  return { offset: offset ?? ((page ?? 1) - 1) * limit }
}

const fromListInput = (input: ListInput): PostQuery => {
  const limit = input.limit ?? DEFAULT_LIMIT
  return {
    authorId: input.author_id,
    tag: input.tag,
    after: input.created_after,
    before: input.created_before,
    start: startOf(input, limit),
    limit,
  }
}

/** The public operations. */
export const postRoutes = (app: PostsUseCases): BoundRoute[] =>
  bind(postsApi, {
    createPost: async ({ body: { title, content, tags = [], media_items: media = [] }, user }) =>
      toCreatedView(await app.createPost(user.userId, { title, content, tags, media })),
    listPosts: async ({ query }) => toPageView(await app.listPosts(fromListInput(query))),
    getPost: async ({ params }) => replyWithPost(await app.readPost(params.id)),
    updatePost: async ({ params, body: { media_items: media, ...edit }, user }) =>
      replyWithPost(await app.updatePost(user.userId, params.id, { ...edit, media })),
    deletePost: async ({ params, user }) => {
      await app.deletePost(user.userId, params.id)
      return undefined
    },
  })
