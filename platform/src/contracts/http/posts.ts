import { z } from 'zod'
import { operation } from './define.ts'
import { pathId, queryInteger, queryTime, text, timestamp, webUrl } from './fields.ts'

const MAX_OFFSET = 100_000_000
const MAX_CONTENT = 400_000
const MAX_TAGS = 32
const MAX_MEDIA = 9

/** A deleted account is shown as id 0, username `unknown`. */
const authorView = z
  .object({
    id: z.int(),
    username: z.string(),
    full_name: z.string().optional(),
    avatar_url: z.string().optional(),
  })
  .meta({ id: 'Author' })

const tagView = z.object({ id: z.int(), name: z.string() }).meta({ id: 'Tag' })

const mediaType = z.enum(['image', 'video'])

const mediaView = z
  .object({
    id: z.int(),
    url: z.string(),
    type: mediaType,
    position: z.int(),
    description: z.string().optional(),
  })
  .meta({ id: 'Media' })

const written = {
  id: z.int(),
  title: z.string(),
  content: z.string().optional(),
  created_at: timestamp,
  updated_at: timestamp,
  media: z.array(mediaView).optional(),
  tags: z.array(tagView).optional(),
}

export const postView = z.object({ ...written, author: authorView }).meta({ id: 'Post' })
export type PostView = z.output<typeof postView>

/** The answer of a creation, where the author stands beside the post in fields of its own. */
export const createdPostView = z
  .object({
    ...written,
    author_id: z.int(),
    author_username: z.string(),
    author_email: z.string(),
    author_full_name: z.string().optional(),
    author_bio: z.string().optional(),
    author_avatar_url: z.string().optional(),
  })
  .meta({ id: 'CreatedPost' })
export type CreatedPostView = z.output<typeof createdPostView>

const postPage = z
  .object({ posts: z.array(postView), total: z.int(), next_cursor: z.string().optional() })
  .meta({ id: 'PostPage' })
export type PostPageView = z.output<typeof postPage>

/** Without a position, the place in the list is meant. */
const media = z.object({
  url: webUrl(512),
  type: mediaType,
  position: z.int().min(1).max(MAX_MEDIA).optional(),
  description: text(0, 255).optional(),
})

const tags = z.array(text(1, 50)).max(MAX_TAGS)
const mediaItems = z.array(media).max(MAX_MEDIA)

const tag = 'posts'
const service = 'posts'
const notFound = { status: 404, message: 'post not found' } as const
const forbidden = { status: 403, message: 'forbidden' } as const

export const postsApi = {
  createPost: operation({
    id: 'createPost',
    service,
    tag,
    methods: ['post'],
    paths: ['/posts'],
    summary: 'Publish a post',
    auth: 'user',
    limit: 'write',
    body: z.object({
      title: text(1, 255),
      content: text(0, MAX_CONTENT).optional(),
      tags: tags.optional(),
      media_items: mediaItems.optional(),
    }),
    success: { status: 201, data: createdPostView },
    refusals: [],
    idempotent: true,
  }),
  listPosts: operation({
    id: 'listPosts',
    service,
    tag,
    methods: ['get'],
    paths: ['/posts/list'],
    summary: 'List posts, newest first; next_cursor goes on where a page ends, however many come in between',
    auth: 'none',
    limit: 'read',
    query: z
      .object({
        author_id: queryInteger(1, Number.MAX_SAFE_INTEGER).optional(),
        tag: text(1, 50).optional(),
        created_after: queryTime.optional(),
        created_before: queryTime.optional(),
        offset: queryInteger(0, MAX_OFFSET).optional(),
        page: queryInteger(1, MAX_OFFSET).optional(),
        limit: queryInteger(1, 100).optional(),
        cursor: text(1, 100).optional(),
      })
      .refine(({ created_after: after, created_before: before }) => !after || !before || after <= before, {
        message: 'must not be later than created_before',
        path: ['created_after'],
      }),
    success: { status: 200, data: postPage },
    refusals: [],
    compress: true,
  }),
  getPost: operation({
    id: 'getPost',
    service,
    tag,
    methods: ['get'],
    paths: ['/posts/:id'],
    summary: 'Read a post',
    auth: 'none',
    limit: 'read',
    params: z.object({ id: pathId }),
    success: { status: 200, data: postView },
    refusals: [notFound],
    etag: true,
    compress: true,
  }),
  updatePost: operation({
    id: 'updatePost',
    service,
    tag,
    methods: ['put'],
    paths: ['/posts/:id'],
    summary: 'Change an own post; what is absent stays, tags and media that are given replace the whole set',
    auth: 'user',
    limit: 'write',
    params: z.object({ id: pathId }),
    body: z.object({
      title: text(0, 255).optional(),
      content: text(0, MAX_CONTENT).optional(),
      tags: tags.optional(),
      media_items: mediaItems.optional(),
    }),
    success: { status: 200, data: postView },
    refusals: [notFound, forbidden],
  }),
  deletePost: operation({
    id: 'deletePost',
    service,
    tag,
    methods: ['delete'],
    paths: ['/posts/:id'],
    summary: 'Delete an own post',
    auth: 'user',
    limit: 'write',
    params: z.object({ id: pathId }),
    success: { status: 200 },
    refusals: [notFound, forbidden],
  }),
}
