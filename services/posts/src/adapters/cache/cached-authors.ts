import { createReadThrough } from '@pharos/platform/redis/read-through'
import type { RedisConnection } from '@pharos/platform/redis/connect'
import type { UserCards } from '@pharos/platform/user-cards/user-cards'
import type { Authors } from '../../application/ports.ts'
import type { AuthorCard, AuthorId } from '../../domain/author.ts'
import type { CardReader, KnownAccount } from '../postgres/author-cards.ts'

const TTL_MS = 5 * 60 * 1_000
const MAX_AUTHORS = 20_000

export type CachedAuthors = Authors & {
  /** The card of an author is not what it was: forgets it here at once and in the other replicas a moment later. */
  forget(id: AuthorId): void
}

/** Authors from memory or Redis, then their cards; users is asked for one who has none. */
export const createCachedAuthors = (options: {
  readonly redis: RedisConnection
  readonly cards: UserCards
  readonly readCards: CardReader
}): CachedAuthors => {
  const { redis, cards, readCards } = options

  const readOrFill = async (ids: readonly AuthorId[]): Promise<ReadonlyMap<AuthorId, KnownAccount>> => {
    const known = await readCards(ids)
    const missing = ids.filter((id) => !known.has(id))
    const filled = missing.length === 0 ? missing : [...(await cards.lookUp(missing))]
    return filled.length === 0 ? known : new Map([...known, ...(await readCards(filled))])
  }
  const cache = createReadThrough<AuthorId, KnownAccount>({
    name: 'posts-authors-1',
    redis,
    ttlMs: TTL_MS,
    maxEntries: MAX_AUTHORS,
    load: async (id) => (await readOrFill([id])).get(id),
  })

  const known = (id: AuthorId): KnownAccount | Promise<KnownAccount | undefined> => cache.peek(id) ?? cache.get(id)

  return {
    byId: (id) => {
      const account = known(id)
      return account instanceof Promise ? account.then((found) => found?.author) : account.author
    },
    lookUp: async (ids) => {
      const found = new Map<AuthorId, AuthorCard>()
      for (const [id, { author }] of await readOrFill(ids)) if (author) found.set(id, author)
      return found
    },
    existing: async (id) => {
      const account = await known(id)
      if (account) return account.author
      // Either there is no such account or users could not be asked; this tells which.
      return (await cards.exists(id)) ? (await readCards([id])).get(id)?.author : undefined
    },
    forget: (id) => void cache.invalidate(id),
  }
}
