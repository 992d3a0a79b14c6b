/** What the trace of a request must show; edges are written as `shapeOf` writes them. */
export type Expectation = {
  edges: readonly string[]
  /** What may be there as well: what is asked only when nobody has it at hand. */
  optional?: readonly string[]
}

const heardBy = (owner: string, ...consumers: readonly string[]): string[] => [
  `${owner}⇒pharos.${owner}.v1`,
  ...consumers.map((consumer) => `${owner}⇒pharos.${owner}.v1⇒${consumer}`),
]

// Who keeps a copy of users hears of each; auth has the credentials of a new one already.
const NEW_USER = heardBy('users', 'posts', 'relations', 'notifications')
const CHANGED_USER = heardBy('users', 'auth', 'posts', 'relations', 'notifications')
/** A new notification is an event, and announced to who is looking just now. */
const NOTIFIED = [...heardBy('notifications'), 'notifications⇒live']

const by = (service: string, ...edges: readonly string[]): Expectation => ({ edges: [`gateway→${service}`, ...edges] })
/** The same of a service that asks users for whom it does not know yet. */
const byCards = (service: string, ...edges: readonly string[]): Expectation => ({
  ...by(service, ...edges),
  optional: [`${service}→users`],
})
const ALONE: Expectation = { edges: [] }

/**
 * The traces of all that is sent: operation and status, with a word more where one operation has several ways. A service
 * that refuses has been asked; without a token, the gateway refuses by itself.
 */
export const EXPECTATIONS = {
  'register 201': by('auth', 'auth→users', ...NEW_USER),
  'register 400': by('auth'),
  'register 409': by('auth'),
  'createUser 201': by('auth', 'auth→users', ...NEW_USER),
  'login 200': by('auth'),
  'login 401': by('auth'),
  'login 404': by('auth'),
  'refresh 200': by('auth'),
  'refresh 401': by('auth'),
  'refresh 401 reused': by('auth', ...heardBy('auth')),
  'logout 200': by('auth'),
  'updatePassword 200': by('auth', ...heardBy('auth')),

  'searchUsers 200': by('users'),
  'searchUsers 400': by('users'),
  'getUserByUsername 200': by('users'),
  'getUserByEmail 200': by('users'),
  'getUser 200': by('users'),
  'getUser 404': by('users'),
  'changeAvatar 200': by('users', ...CHANGED_USER),
  'updateUser 200': by('users', ...CHANGED_USER),
  'updateUser 403': by('users'),
  'updateUser 409': by('users'),
  'updateUserByBody 200': by('users', ...CHANGED_USER),
  'deleteUser 204': by('users', ...CHANGED_USER),
  'deleteUser 403': by('users'),

  // A post is told to followers: relations gathers them, notifications tells them.
  'createPost 201': byCards(
    'posts',
    ...heardBy('posts', 'relations'),
    ...heardBy('relations', 'notifications'),
    ...NOTIFIED,
  ),
  'createPost 400': by('posts'),
  'createPost 401': ALONE,
  'listPosts 200': byCards('posts'),
  'listPosts 400': by('posts'),
  'getPost 200': byCards('posts'),
  'getPost 404': by('posts'),
  'updatePost 200': byCards('posts', ...heardBy('posts')),
  'updatePost 403': by('posts'),
  'deletePost 200': by('posts', ...heardBy('posts')),
  'deletePost 404': by('posts'),

  'follow 200': byCards('relations', ...heardBy('relations', 'notifications'), ...NOTIFIED),
  'follow 400': by('relations'),
  'follow 404': by('relations', 'relations→users'),
  'follow 409': by('relations'),
  'unfollow 200': by('relations', ...heardBy('relations')),
  'unfollow 404': by('relations'),
  'listFollowers 200': byCards('relations'),
  'listFollowers 404': by('relations', 'relations→users'),
  'listFollowees 200': byCards('relations'),

  'readFeed 200': by('notifications'),
  'readFeed 401': ALONE,
  'countUnread 200': by('notifications'),
  'sendNotification 200': byCards('notifications', ...NOTIFIED),
  'sendNotification 404': by('notifications', 'notifications→users'),
  'getNotification 200': by('notifications'),
  'getNotification 403': by('notifications'),
  'getNotification 404': by('notifications'),
  'markRead 200': by('notifications', ...heardBy('notifications')),
  'markRead 200 again': by('notifications'),
  'markAllRead 200': by('notifications', ...heardBy('notifications')),
  'deleteNotification 200': by('notifications'),
  // The gateway holds the connection, and asks from where to go on.
  'streamNotifications 200': by('notifications'),
  'connectNotifications 426': ALONE,

  'listPosts 500 in the gateway': ALONE,
  'getUser 500 in users': by('users'),
  'login 500 in auth': by('auth'),
  'listPosts 500 in posts': by('posts'),
  'listFollowers 500 in relations': by('relations'),
  'countUnread 500 in notifications': by('notifications'),
} as const satisfies Readonly<Record<string, Expectation>>

export type Expected = keyof typeof EXPECTATIONS

/** The status that a request was to be answered with. */
export const statusOf = (what: string): number => Number(/ (\d{3})/.exec(what)?.[1])

/** The services that the expected trace goes through. */
export const servicesOf = ({ edges }: Expectation): ReadonlySet<string> =>
  new Set([
    'gateway',
    ...edges.flatMap((edge) => edge.split(/[→⇒]/)).filter((name) => name !== 'live' && !name.includes('.')),
  ])

/** The services that answer an HTTP request of it, and so write a line of it. */
export const answeringOf = ({ edges }: Expectation): ReadonlySet<string> =>
  new Set(['gateway', ...edges.flatMap((edge) => /→(\w+)$/.exec(edge)?.[1] ?? [])])
