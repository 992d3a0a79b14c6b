import type { Post } from '../../domain/post.ts'

/** A row as the reading statements select it. Tags and media are stored as they are shown. */
export type PostRow = {
  readonly id: number
  readonly author_id: number
  readonly version: number
  readonly title: string
  readonly content: string | null
  readonly tags: Post['tags'] | null
  readonly media: Post['media'] | null
  readonly created_at: Date
  readonly updated_at: Date
}

export const POST_COLUMNS = [
  'id',
  'author_id',
  'version',
  'title',
  'content',
  'tags',
  'media',
  'created_at',
  'updated_at',
]

export const fromPostRow = (row: PostRow): Post => ({
  id: row.id,
  authorId: row.author_id,
  version: row.version,
  title: row.title,
  content: row.content ?? undefined,
  tags: row.tags ?? [],
  media: row.media ?? [],
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

/** A list as its column holds it: none for an empty one. */
export const toListColumn = (items: Post['tags'] | Post['media']): string | null =>
  items.length === 0 ? null : JSON.stringify(items)

export type CardRow = {
  readonly id: number
  readonly version: number
  readonly deleted: boolean
  readonly username: string | null
  readonly full_name: string | null
  readonly avatar_url: string | null
  readonly email: string | null
  readonly bio: string | null
}
