import {
  read,
  send,
  sessionOf,
  times,
  type Call,
  type Scenario,
  type Session,
  type SliceContext,
  type Social,
} from './scenario.ts'

const FOLLOWED_IN_TURN = 20
const WRITTEN = 50
const MIXED = 100
/** Of ten requests, three write. */
const WRITES_AT = new Set([2, 5, 8])

const socialOf = ({ social }: SliceContext): Social => {
  if (social === undefined) throw new Error('people and posts are not seeded')
  return social
}

/** All of them in turn; each connection begins at another. */
const inTurn = <T>(items: readonly T[], { connections }: SliceContext, connection: number): T[] => {
  const from = Math.floor((connection * items.length) / connections)
  return [...items.slice(from), ...items.slice(0, from)]
}

const post = (id: number): Call => read(`/posts/${id}`)
const byAuthor = (id: number): Call => read(`/posts/list?author_id=${id}&limit=10`)
const latest = (): Call => read('/posts/list?limit=10')
const followers = (id: number): Call => read(`/relation/${id}/followers?page=1&limit=20`)
const feed = ({ token }: Session): Call => read('/notification/feed?page=1&limit=10', token)
const unread = ({ token }: Session): Call => read('/notification/unread-count', token)

const TEXT = 'The keeper lit the lamp, wound the clockwork and wrote the hour into the book, as on every evening. '

/** What every post of the benchmark is like: two tags of fifty, one medium. */
export const newPost = (number: number): object => ({
  title: `Night ${number} at the lighthouse`,
  content: TEXT.repeat(3),
  tags: [`tag-${number % 50}`, `tag-${(number * 7 + 1) % 50}`],
  media_items: [{ url: `https://media.example.com/lighthouse-${number}.jpg`, type: 'image' }],
})

export const createPostCall = (number: number, { token }: Session): Call =>
  send('POST', '/posts', newPost(number), token)

export const followCall = (verb: 'follow' | 'unfollow', followee: number, { token }: Session): Call =>
  send('POST', `/relation/${verb}`, { followee_id: followee }, token)

/** Following somebody and ending it, one after the other. */
const followPairs = (slice: SliceContext, connection: number): [Call, Call][] => {
  const session = sessionOf(slice, connection)
  const chosen = inTurn(socialOf(slice).celebrities, slice, connection).slice(0, FOLLOWED_IN_TURN)
  return chosen.map((id) => [followCall('follow', id, session), followCall('unfollow', id, session)])
}

const written = (slice: SliceContext, connection: number): Call[] => {
  const session = sessionOf(slice, connection)
  return times(WRITTEN, (index) => createPostCall(slice.serial * 10_000 + connection * WRITTEN + index, session))
}

/** Seventy reads of six kinds, and thirty writes: posts, and pairs of follow and unfollow. */
const mixed = (slice: SliceContext, connection: number): Call[] => {
  const { authors, posts, celebrities } = socialOf(slice)
  const session = sessionOf(slice, connection)
  const of = <T>(items: readonly T[], index: number): T => items[(connection * 31 + index * 7) % items.length] as T
  const reads = [
    (index: number) => post(of(posts, index)),
    (index: number) => byAuthor(of(authors, index)),
    latest,
    (index: number) => followers(of(celebrities, index)),
    () => feed(session),
    () => unread(session),
  ]
  const posted = written(slice, connection)
  const writes = followPairs(slice, connection).flatMap((pair, index) => [posted[index] ?? pair[0], ...pair])
  let [read_, write] = [0, 0]
  return times(MIXED, (index) => (WRITES_AT.has(index % 10) ? (writes[write++] as Call) : of(reads, read_++)(index)))
}

export const SOCIAL_SCENARIOS = {
  post: {
    about: 'read one of the posts by its id',
    variants: ['off', 'all'],
    social: true,
    calls: (slice, connection) => inTurn(socialOf(slice).posts.slice(0, 2000), slice, connection).map(post),
  },
  'posts-by-author': {
    about: 'the newest ten posts of one of 200 authors, and their number',
    variants: ['off', 'all'],
    social: true,
    calls: (slice, connection) => inTurn(socialOf(slice).authors, slice, connection).map(byAuthor),
  },
  'posts-latest': {
    about: 'the newest ten of all posts, and their number',
    variants: ['off', 'all'],
    social: true,
    calls: () => [latest()],
  },
  followers: {
    about: 'twenty of the forty followers of one of 121 people, and their number',
    variants: ['off', 'all'],
    social: true,
    calls: (slice, connection) => inTurn(socialOf(slice).celebrities, slice, connection).map(followers),
  },
  feed: {
    about: 'the newest ten of the own notifications',
    variants: ['off', 'all'],
    social: true,
    signedIn: true,
    calls: (slice, connection) => [feed(sessionOf(slice, connection))],
  },
  unread: {
    about: 'the number of the own notifications that are not read',
    variants: ['off', 'all'],
    social: true,
    signedIn: true,
    calls: (slice, connection) => [unread(sessionOf(slice, connection))],
  },
  'post-create': {
    about: 'publish a post with two tags and a medium; ten followers are notified, and that is counted',
    variants: ['off', 'all'],
    social: true,
    signedIn: true,
    calls: written,
  },
  follow: {
    about:
      'follow somebody and end it again: CPU and throughput of the pair, latencies of one request; the notification is counted',
    variants: ['off', 'all'],
    social: true,
    signedIn: true,
    follows: true,
    unit: { name: 'pair', calls: 2 },
    calls: (slice, connection) => followPairs(slice, connection).flat(),
  },
  mix: {
    about: 'seven reads (all of the above, in equal parts) to three writes (posts, follows, unfollows, in equal parts)',
    variants: ['off', 'all'],
    social: true,
    signedIn: true,
    follows: true,
    calls: mixed,
  },
} satisfies Record<string, Scenario>
