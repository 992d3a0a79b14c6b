import type { PostPage, PostQuery } from '../domain/list.ts'
import type { Authors, PostLists } from './ports.ts'

/** A page of posts with their authors. Users is asked only for authors younger than the news of them. */
export const listPosts =
  ({ lists, authors }: { readonly lists: PostLists; readonly authors: Authors }) =>
  async (query: PostQuery): Promise<PostPage> => {
    const page = await lists.find(query)
    if (page.unknown.length === 0) return page
    const found = await authors.lookUp(page.unknown)
    return {
      ...page,
      posts: page.posts.map(({ post, author }) => ({ post, author: author ?? found.get(post.authorId) })),
    }
  }
