import { counter } from '@pharos/platform/telemetry/metrics'
import type { SearchPage, UserSearch } from '../../application/ports.ts'
import type { SearchQuery } from '../../domain/search.ts'

/** The most that a page can lag behind a write of another replica; this one's own writes forget everything. */
const TTL_MS = 1_000
const MAX_PAGES = 200

const requests = counter({
  name: 'cache_requests_total',
  help: 'Look-ups by cache, tier and result',
  labels: ['cache', 'tier', 'result'],
})
const HIT = { cache: 'user-searches', tier: 'l1', result: 'hit' }
const MISS = { cache: 'user-searches', tier: 'l1', result: 'miss' }

type Entry = { readonly until: number; readonly pending: Promise<SearchPage>; page: SearchPage | undefined }

export type RememberedSearches = UserSearch & {
  /** A profile has been written: no page that was read before is good any more. */
  forget(): void
}

/**
 * Pages of the last second. A search costs in proportion to its matches, because they are all counted and ordered;
 * with this a popular one is paid for once a second and never twice at a time.
 */
export const rememberSearches = (
  search: UserSearch,
  now: () => number = () => performance.now(),
): RememberedSearches => {
  const entries = new Map<string, Entry>()

  const start = (key: string, query: SearchQuery): Entry => {
    const entry: Entry = { until: now() + TTL_MS, pending: Promise.resolve(search.find(query)), page: undefined }
    entry.pending.then(
      (page) => (entry.page = page),
      () => entries.get(key) === entry && entries.delete(key),
    )
    entries.delete(key)
    if (entries.size >= MAX_PAGES) for (const oldest of entries.keys()) if (entries.delete(oldest)) break
    entries.set(key, entry)
    return entry
  }

  return {
    find: (query) => {
      const key = `${query.limit} ${query.page} ${query.text}`
      const known = entries.get(key)
      const isFresh = known !== undefined && known.until > now()
      requests.inc(isFresh ? HIT : MISS)
      const { page, pending } = isFresh ? known : start(key, query)
      return page ?? pending
    },
    forget: () => entries.clear(),
  }
}
