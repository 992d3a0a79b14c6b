import type { Operation } from '@pharos/platform/contracts/http/define'
import { notificationsApi } from '@pharos/platform/contracts/http/notifications'
import { postsApi } from '@pharos/platform/contracts/http/posts'
import { relationsApi } from '@pharos/platform/contracts/http/relations'
import { usersApi } from '@pharos/platform/contracts/http/users'
import type { Action, Turn } from './actions.ts'
import type { Ask } from './api.ts'
import type { Expected } from './judge.ts'

const NOBODY = 2 ** 45
const LEEWAY_MS = 10_000

const refusal = (status: number, message: string): Expected => ({ status, message })
const INVALID = refusal(400, 'invalid input')
const BROKEN_RULE = refusal(400, 'validation failed')
const UNAUTHENTICATED = refusal(401, 'unauthenticated')

/** A request that must be refused, and how. */
type Case = { operation: Operation; ask: (turn: Turn, token: string) => Ask; expected: Expected; signedIn?: true }

const CASES: Readonly<Record<string, Case>> = {
  'no number as id': { operation: postsApi.getPost, ask: () => ({ params: { id: 'first' } }), expected: INVALID },
  'id of zero': { operation: usersApi.getUser, ask: () => ({ params: { id: 0 } }), expected: BROKEN_RULE },
  'unknown post': {
    operation: postsApi.getPost,
    ask: () => ({ params: { id: NOBODY } }),
    expected: refusal(404, 'post not found'),
  },
  'unknown user': {
    operation: usersApi.getUser,
    ask: () => ({ params: { id: NOBODY } }),
    expected: refusal(404, 'user not found'),
  },
  'empty search': {
    operation: usersApi.searchUsers,
    ask: () => ({ query: { query: '' } }),
    expected: refusal(400, 'invalid search query'),
  },
  'backward dates': {
    operation: postsApi.listPosts,
    ask: () => ({ query: { created_after: '2026-02-01T00:00:00Z', created_before: '2026-01-01T00:00:00Z' } }),
    expected: BROKEN_RULE,
  },
  'empty title': {
    operation: postsApi.createPost,
    ask: (_, token) => ({ body: { title: '' }, token }),
    expected: BROKEN_RULE,
    signedIn: true,
  },
  'title of a wrong type': {
    operation: postsApi.createPost,
    ask: (_, token) => ({ body: { title: 7 }, token }),
    expected: INVALID,
    signedIn: true,
  },
  'broken JSON': {
    operation: postsApi.createPost,
    ask: (_, token) => ({ text: '{"title":', token }),
    expected: INVALID,
    signedIn: true,
  },
  'page of too many': {
    operation: notificationsApi.readFeed,
    ask: (_, token) => ({ query: { limit: 1000 }, token }),
    expected: INVALID,
    signedIn: true,
  },
  'following oneself': {
    operation: relationsApi.follow,
    ask: ({ actor }, token) => ({ body: { followee_id: actor.session.userId }, token }),
    expected: refusal(400, 'cannot follow yourself'),
    signedIn: true,
  },
  'following nobody': {
    operation: relationsApi.follow,
    ask: (_, token) => ({ body: { followee_id: NOBODY }, token }),
    expected: refusal(404, 'user not found'),
    signedIn: true,
  },
  'sending to nobody': {
    operation: notificationsApi.sendNotification,
    ask: (_, token) => ({ body: { user_id: NOBODY, type: 'greeting', payload: {} }, token }),
    expected: refusal(404, 'user not found'),
    signedIn: true,
  },
  "somebody else's profile": {
    operation: usersApi.updateUser,
    ask: ({ actor, world: { members } }, token) => {
      const other = members[(actor.place + 1) % members.length] ?? actor
      return { params: { id: other.session.userId }, body: { bio: 'mine now' }, token }
    },
    expected: refusal(403, 'forbidden'),
    signedIn: true,
  },
  'no token': { operation: notificationsApi.countUnread, ask: () => ({}), expected: UNAUTHENTICATED },
  'garbage for a token': {
    operation: notificationsApi.countUnread,
    ask: () => ({ token: 'let-me-in' }),
    expected: refusal(401, 'invalid token'),
  },
  'forged token': {
    operation: notificationsApi.countUnread,
    ask: (_, token) => ({ token: `${token.slice(0, token.lastIndexOf('.') + 1)}${'A'.repeat(86)}` }),
    expected: UNAUTHENTICATED,
    signedIn: true,
  },
}

const asAction = (name: string, { operation, ask, expected, signedIn }: Case): Action => ({
  share: 1,
  act: async (turn) => {
    const token = signedIn ? await turn.world.tokenOf(turn.actor) : ''
    return turn.world.call(operation, ask(turn, token), { as: `✗ ${name}`, expected: [expected] })
  },
})

const foreignPost: Action = {
  share: 1,
  act: async ({ world, actor, random }) => {
    const foreign = world.posts.filter(({ author }) => author !== undefined && author !== actor.place)
    if (foreign.length === 0) return
    const ask = { params: { id: random.pick(foreign).id }, body: { title: 'Mine now' } }
    const expected = [refusal(403, 'forbidden')]
    const token = await world.tokenOf(actor)
    return world.call(postsApi.updatePost, { ...ask, token }, { as: "✗ somebody else's post", expected })
  },
}

/** Only a run of more than a quarter of an hour has a token that has expired. */
const expiredToken: Action = {
  share: 2,
  act: async ({ world }) => {
    const spent = world.spent.find(({ endsAt }) => endsAt + LEEWAY_MS < Date.now())
    const [token, message, as] =
      spent === undefined
        ? ['e30.e30', 'invalid token', 'half a token']
        : [spent.access, 'token expired', 'expired token']
    return world.call(notificationsApi.countUnread, { token }, { as: `✗ ${as}`, expected: [refusal(401, message)] })
  },
}

/** What clients do wrong; each must be refused in the words of the contract. */
export const MISTAKES: Readonly<Record<string, Action>> = {
  ...Object.fromEntries(Object.entries(CASES).map(([name, each]) => [name, asAction(name, each)])),
  foreignPost,
  expiredToken,
}
