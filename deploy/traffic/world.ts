import { authApi } from '@pharos/platform/contracts/http/auth'
import { postsApi, type PostPageView } from '@pharos/platform/contracts/http/posts'
import type { Operation } from '@pharos/platform/contracts/http/define'
import type { Answer, Api, Ask } from './api.ts'
import { contradiction, judge, type Expected, type Verdict } from './judge.ts'
import type { Person } from './people.ts'
import type { Recorder } from './report.ts'
import { refusalOf, sessionOf, type Session } from './sign-in.ts'

/** Somebody who is signed in, and what a client of theirs remembers. */
export type Member = {
  place: number
  person: Person
  session: Session
  renewing?: Promise<void> | undefined
  /** By place of the other: whether this one follows. Whoever is not in it may be followed or not. */
  follows: Map<number, boolean>
  /** Places of those whose relation is changing this moment. */
  changing: Set<number>
  unread: number[]
}

/** A post that somebody has seen; `author` is a place, of a member of this run. */
export type SeenPost = { id: number; author: number | undefined }

export type World = {
  members: readonly Member[]
  posts: SeenPost[]
  /** Access tokens that were replaced, by the time at which they end. */
  spent: { access: string; endsAt: number }[]
  /** Sends, judges and records; the answer is what came, and whether the contract has it. */
  call(
    operation: Operation,
    ask: Ask,
    o?: { as?: string; expected?: readonly Expected[] },
  ): Promise<Answer & { verdict: Verdict }>
  /** A token that is valid for a while, a fresh one if it must be. */
  tokenOf(member: Member): Promise<string>
  see(post: SeenPost): void
}

const SUCCESS = ['success'] as const
const RENEW_BEFORE_MS = 60_000
const SPENT_KEPT = 20
const POSTS_KEPT = 20_000
const FIRST_PAGES = 3

/** The posts there were before. @throws Failure when posts cannot be listed */
const latestPosts = async (api: Api, placeOf: ReadonlyMap<number, number>): Promise<SeenPost[]> => {
  const posts: SeenPost[] = []
  for (let page = 1; page <= FIRST_PAGES; page += 1) {
    const answer = await api.ask(postsApi.listPosts, { query: { page, limit: 100 } })
    if (answer.status !== 200) throw refusalOf('The list of posts', api, answer)
    const { posts: found } = answer.data as PostPageView
    posts.push(...found.map(({ id, author }) => ({ id, author: placeOf.get(author.id) })))
    if (found.length < 100) break
  }
  return posts
}

export const openWorld = async (
  api: Api,
  recorder: Recorder,
  entered: readonly { person: Person; session: Session }[],
): Promise<World> => {
  const members = entered.map((each, place): Member => ({
    ...each,
    place,
    follows: new Map(),
    changing: new Set(),
    unread: [],
  }))
  const posts = await latestPosts(api, new Map(members.map(({ session, place }) => [session.userId, place])))
  const spent: World['spent'] = []

  const call: World['call'] = async (operation, ask, { as = operation.id, expected = SUCCESS } = {}) => {
    const answer = await api.ask(operation, ask)
    const verdict = judge(operation, answer, expected)
    const what = verdict === 'ok' ? '' : contradiction(answer, expected)
    const { status, ms, correlationId } = answer
    recorder.record({ operation: as, status, ms, verdict, correlationId, what })
    return { ...answer, verdict }
  }

  const renew = async (member: Member): Promise<void> => {
    const { access, refresh, expiresAt } = member.session
    const { username, password } = member.person
    const from = member.place
    const refreshed = await call(authApi.refresh, { body: { refresh_token: refresh }, from })
    const answer =
      refreshed.verdict === 'ok' ? refreshed : await call(authApi.login, { body: { login: username, password }, from })
    if (answer.verdict !== 'ok') return
    member.session = sessionOf(answer.data)
    spent.push({ access, endsAt: expiresAt })
    if (spent.length > SPENT_KEPT) spent.shift()
  }

  return {
    members,
    posts,
    spent,
    call,
    tokenOf: async (member) => {
      if (member.session.expiresAt - Date.now() < RENEW_BEFORE_MS) {
        // A refresh token is good for once, so whoever comes meanwhile waits for the same.
        member.renewing ??= renew(member).finally(() => (member.renewing = undefined))
        await member.renewing
      }
      return member.session.access
    },
    see: (post) => {
      posts.push(post)
      if (posts.length > POSTS_KEPT) posts.splice(0, POSTS_KEPT / 2)
    },
  }
}
