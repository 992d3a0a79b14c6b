import type { SearchQuery } from '../domain/search.ts'
import type { SearchPage, UserSearch } from './ports.ts'

export const searchUsers =
  ({ search }: { search: UserSearch }) =>
  async (query: SearchQuery): Promise<SearchPage> =>
    search.find(query)
