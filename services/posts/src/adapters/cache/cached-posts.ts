import { createReadThrough } from '@pharos/platform/redis/read-through'
import type { RedisConnection } from '@pharos/platform/redis/connect'
import type { Posts } from '../../application/ports.ts'
import type { Post, PostId } from '../../domain/post.ts'
import { createBoundedMap } from '@pharos/platform/runtime/bounded-map'

const TTL_MS = 5 * 60 * 1_000
const MAX_POSTS = 10_000
const MAX_WRITTEN = 2_000
/** In UTF-16 units. Ten thousand posts of this size, each with its answer, are what a process can hold. */
const MAX_CONTENT = 8_192

/** What is remembered of a post: itself or, if it is too large for that, that it must be read each time. */
type Held = { readonly post: Post } | { readonly isLarge: true }

type StoredPost = Omit<Post, 'createdAt' | 'updatedAt'> & { readonly createdAt: string; readonly updatedAt: string }

const isLarge = ({ content = '' }: Post): boolean => content.length > MAX_CONTENT

const hold = (post: Post): Held => (isLarge(post) ? { isLarge: true } : { post })

const decode = (text: string): Held => {
  const held = JSON.parse(text) as { readonly post: StoredPost } | { readonly isLarge: true }
  if ('isLarge' in held) return held
  const { post } = held
  const { content, createdAt, updatedAt } = post
  return { post: { ...post, content, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) } }
}

export type CachedPosts = Posts & {
  /** Posts that were changed past this cache; call it after the commit. */
  forget(ids: readonly PostId[]): Promise<void>
}

/**
 * Posts by id from memory or Redis. Every write forgets what it has changed before it returns, also when it fails: a
 * commit whose answer got lost may have happened.
 */
export const createCachedPosts = (posts: Posts, redis: RedisConnection): CachedPosts => {
  const cache = createReadThrough<PostId, Held>({
    name: 'posts-1',
    redis,
    ttlMs: TTL_MS,
    maxEntries: MAX_POSTS,
    load: async (id) => {
      const post = await posts.latest(id)
      return post && hold(post)
    },
    decode,
  })
  /** What this process has written last. Never shown, because others may have written since; the next write knows. */
  const written = createBoundedMap<PostId, Post>(MAX_WRITTEN)

  const remember = (post: Post): void => {
    if (isLarge(post)) written.delete(post.id)
    else written.set(post.id, post)
  }

  const inMemory = (id: PostId): Post | undefined => {
    const held = cache.peek(id)
    return held && 'post' in held ? held.post : undefined
  }

  const read = async (id: PostId): Promise<Post | undefined> => {
    const held = await cache.get(id)
    if (!held) return undefined
    return 'post' in held ? held.post : posts.latest(id)
  }

  const forgetting = async (id: PostId, write: () => Promise<boolean>): Promise<boolean> => {
    written.delete(id)
    try {
      return await write()
    } finally {
      await cache.invalidate(id)
    }
  }

  return {
    byId: (id) => inMemory(id) ?? read(id),
    lastKnown: (id) => written.get(id) ?? inMemory(id) ?? posts.latest(id),
    latest: (id) => posts.latest(id),
    create: async (post, events) => {
      const created = await posts.create(post, events)
      if (created) remember(created)
      return created
    },
    save: async (before, after, events) => {
      const saved = await forgetting(after.id, () => posts.save(before, after, events))
      if (saved) remember(after)
      return saved
    },
    remove: (post, events) => forgetting(post.id, () => posts.remove(post, events)),
    forget: async (ids) => {
      await Promise.all(ids.map((id) => cache.invalidate(id)))
    },
  }
}
