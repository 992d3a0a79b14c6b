import { notificationsApi, type FeedPageView } from '@pharos/platform/contracts/http/notifications'
import { postsApi, type CreatedPostView } from '@pharos/platform/contracts/http/posts'
import { relationsApi } from '@pharos/platform/contracts/http/relations'
import { usersApi } from '@pharos/platform/contracts/http/users'
import type { Random } from './random.ts'
import type { Member, SeenPost, World } from './world.ts'
import { tagOf, writingOf } from './writing.ts'

/** What somebody does at one moment. */
export type Turn = {
  world: World
  actor: Member
  random: Random
  /** Somebody else, the celebrities most often. */
  other: () => Member
}

export type Action = { share: number; act: (turn: Turn) => Promise<unknown> }

const PAGES = 5
/** Most look at what is new. */
const RECENT = 0.2

const pageOf = (random: Random): number => (random.chance(0.7) ? 1 : 1 + random.below(PAGES))

const recentPost = ({ world: { posts }, random }: Turn): SeenPost | undefined => {
  const from = random.chance(RECENT) ? 0 : Math.max(0, posts.length - 100)
  return posts[from + random.below(posts.length - from)]
}

const ownPost = ({ world, actor, random }: Turn): SeenPost | undefined => {
  const own = world.posts.filter(({ author }) => author === actor.place)
  return own.length === 0 ? undefined : random.pick(own)
}

const latest = ({ world, random }: Turn) =>
  world.call(postsApi.listPosts, { query: { page: pageOf(random), limit: 10 } }, { as: 'listPosts (latest)' })

const feed = async ({ world, actor, random }: Turn): Promise<void> => {
  const page = pageOf(random)
  const ask = { query: { page, limit: 10 }, token: await world.tokenOf(actor), path: random.below(2) }
  const { verdict, data } = await world.call(notificationsApi.readFeed, ask)
  if (verdict !== 'ok') return
  const { notifications } = data as FeedPageView
  if (page === 1) actor.unread = notifications.filter(({ is_read }) => !is_read).map(({ id }) => id)
}

const relationPage = ({ random, other }: Turn) => ({
  params: { user_id: other().session.userId },
  query: { page: pageOf(random), limit: 20 },
  path: random.below(2),
})

const write = async ({ world, actor, random }: Turn): Promise<void> => {
  const body = writingOf(random.below(2 ** 31))
  const token = await world.tokenOf(actor)
  const { verdict, data } = await world.call(postsApi.createPost, { body, token })
  if (verdict === 'ok') world.see({ id: (data as CreatedPostView).id, author: actor.place })
}

const edit = async (turn: Turn): Promise<unknown> => {
  const { world, actor, random } = turn
  const post = ownPost(turn)
  if (post === undefined) return write(turn)
  const { title, content, tags } = writingOf(random.below(2 ** 31))
  const body = random.chance(0.5) ? { content } : { title, tags }
  return world.call(postsApi.updatePost, { params: { id: post.id }, body, token: await world.tokenOf(actor) })
}

const ALREADY = { status: 409, message: 'already following this user' } as const
const NOT_YET = { status: 404, message: 'follow relation not found' } as const

/** Follows or unfollows; what comes is known exactly where this client has seen how things stand. */
const relate = async ({ world, actor, other }: Turn, wanted: boolean): Promise<void> => {
  const followee = other()
  const { place } = followee
  if (place === actor.place || actor.changing.has(place)) return
  const isKnown = actor.follows.get(place)
  const refusal = wanted ? ALREADY : NOT_YET
  const expected =
    isKnown === undefined ? (['success', refusal] as const) : [isKnown === wanted ? refusal : ('success' as const)]
  actor.changing.add(place)
  const operation = wanted ? relationsApi.follow : relationsApi.unfollow
  const ask = { body: { followee_id: followee.session.userId }, token: await world.tokenOf(actor) }
  const { verdict } = await world.call(operation, ask, { expected })
  if (verdict === 'ok') actor.follows.set(place, wanted)
  // Nobody knows whether it was done.
  else if (verdict === 'failed') actor.follows.delete(place)
  actor.changing.delete(place)
}

/** Usually ends a relation that there is. */
const unfollow = (turn: Turn): Promise<void> => {
  const { actor, random, world } = turn
  const followed = [...actor.follows].flatMap(([place, isFollowed]) => (isFollowed ? [place] : []))
  const chosen = followed.length === 0 ? undefined : world.members[random.pick(followed)]
  return chosen === undefined ? relate(turn, true) : relate({ ...turn, other: () => chosen }, false)
}

const markRead = async (turn: Turn): Promise<unknown> => {
  const { world, actor } = turn
  const id = actor.unread.pop()
  if (id === undefined) return feed(turn)
  return world.call(notificationsApi.markRead, { params: { id }, token: await world.tokenOf(actor) })
}

/** Shares are of all actions: about seven reads to three writes. */
export const READS: Readonly<Record<string, Action>> = {
  profile: {
    share: 11,
    act: ({ world, other }) => world.call(usersApi.getUser, { params: { id: other().session.userId } }),
  },
  profileByName: {
    share: 3,
    act: ({ world, other }) =>
      world.call(usersApi.getUserByUsername, { params: { username: other().person.username } }),
  },
  searchPeople: {
    share: 5,
    act: ({ world, other, random }) => {
      const [name = 'a'] = other().person.full_name.split(' ').slice(random.below(2))
      return world.call(usersApi.searchUsers, { query: { query: name.slice(0, 3 + random.below(5)), page: 1 } })
    },
  },
  latestPosts: { share: 11, act: latest },
  postsByAuthor: {
    share: 7,
    act: ({ world, other, random }) => {
      const query = { author_id: other().session.userId, page: pageOf(random), limit: 10 }
      return world.call(postsApi.listPosts, { query }, { as: 'listPosts (author)' })
    },
  },
  postsByTag: {
    share: 5,
    act: ({ world, random }) =>
      world.call(postsApi.listPosts, { query: { tag: tagOf(random), limit: 10 } }, { as: 'listPosts (tag)' }),
  },
  post: {
    share: 10,
    act: (turn) => {
      const post = recentPost(turn)
      return post === undefined ? latest(turn) : turn.world.call(postsApi.getPost, { params: { id: post.id } })
    },
  },
  followers: { share: 4, act: (turn) => turn.world.call(relationsApi.listFollowers, relationPage(turn)) },
  followees: { share: 2, act: (turn) => turn.world.call(relationsApi.listFollowees, relationPage(turn)) },
  feed: { share: 6, act: feed },
  unread: {
    share: 6,
    act: async ({ world, actor }) => world.call(notificationsApi.countUnread, { token: await world.tokenOf(actor) }),
  },
}

export const WRITES: Readonly<Record<string, Action>> = {
  follow: { share: 9, act: (turn) => relate(turn, true) },
  unfollow: { share: 3, act: unfollow },
  writePost: { share: 5, act: write },
  editPost: { share: 2, act: edit },
  editProfile: {
    share: 2,
    act: async ({ world, actor, random }) => {
      const ask = { params: { id: actor.session.userId }, body: { bio: writingOf(random.below(2 ** 31)).title } }
      return world.call(usersApi.updateUser, { ...ask, token: await world.tokenOf(actor) })
    },
  },
  markRead: { share: 4, act: markRead },
  markAllRead: {
    share: 1,
    act: async ({ world, actor }) => {
      actor.unread = []
      return world.call(notificationsApi.markAllRead, { token: await world.tokenOf(actor) })
    },
  },
  send: {
    share: 2,
    act: async ({ world, actor, other, random }) => {
      const { title: text } = writingOf(random.below(2 ** 31))
      const body = { user_id: other().session.userId, type: 'greeting', payload: { text, from: actor.person.username } }
      return world.call(notificationsApi.sendNotification, { body, token: await world.tokenOf(actor) })
    },
  },
}
