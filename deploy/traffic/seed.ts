import { postsApi, type PostPageView } from '@pharos/platform/contracts/http/posts'
import { relationsApi } from '@pharos/platform/contracts/http/relations'
import type { Operation } from '@pharos/platform/contracts/http/define'
import { silent, type Say } from '../local/progress.ts'
import { openApi, type Answer, type Api, type Ask } from './api.ts'
import { followGraph } from './graph.ts'
import { personOf } from './people.ts'
import { createRandom } from './random.ts'
import { enterAll, inParallel, refusalOf, type Session } from './sign-in.ts'
import { writingOf } from './writing.ts'

export type SeedOptions = {
  url: string
  users: number
  postsPerUser: number
  followsPerUser: number
  seed: number
  say?: Say
}

/** What there is now, and what of it is new. */
export type Seeded = Record<'people' | 'posts' | 'follows', { total: number; made: number }>

const AT_ONCE = 16
const SAY_EVERY_MS = 5_000
const ALREADY_FOLLOWING = 409

/** Says how far something is, now and then. */
const progress = (say: Say, what: string, total: number): (() => void) => {
  let done = 0
  let last = performance.now()
  return () => {
    done += 1
    if (performance.now() - last < SAY_EVERY_MS) return
    last = performance.now()
    say(what, `${done} of ${total}`)
  }
}

const mustAsk = async (api: Api, operation: Operation, ask: Ask, also?: number): Promise<Answer> => {
  const answer = await api.ask(operation, ask)
  if (answer.status === operation.success.status || answer.status === also) return answer
  throw refusalOf(operation.summary, api, answer)
}

/** Writes what is missing to the number that everybody should have. */
const seedPosts = async (api: Api, sessions: readonly Session[], { seed, postsPerUser, say = silent }: SeedOptions) => {
  const tick = progress(say, 'posts', sessions.length * postsPerUser)
  const made = await inParallel(sessions, AT_ONCE, async ({ userId, access }, place) => {
    const { data } = await mustAsk(api, postsApi.listPosts, { query: { author_id: userId, limit: 1 }, from: place })
    const { total } = data as PostPageView
    for (let number = total; number < postsPerUser; number += 1) {
      await mustAsk(api, postsApi.createPost, {
        body: writingOf(seed, place, number),
        token: access,
        from: place,
      })
      tick()
    }
    return Math.max(0, postsPerUser - total)
  })
  return { total: sessions.length * postsPerUser, made: made.reduce((sum, count) => sum + count, 0) }
}

const seedFollows = async (
  api: Api,
  sessions: readonly Session[],
  { seed, users, followsPerUser, say = silent }: SeedOptions,
) => {
  const follows = followGraph(createRandom(seed, 4), { people: users, followsEach: followsPerUser })
  const tick = progress(say, 'follows', follows.length)
  const made = await inParallel(follows, AT_ONCE, async ([follower, followee]) => {
    const token = sessions[follower]?.access ?? ''
    const ask = { body: { followee_id: sessions[followee]?.userId }, token, from: follower }
    const { status } = await mustAsk(api, relationsApi.follow, ask, ALREADY_FOLLOWING)
    tick()
    return status !== ALREADY_FOLLOWING
  })
  return { total: follows.length, made: made.filter(Boolean).length }
}

/**
 * Fills a running system: people, who follows whom, what they write. The same seed makes the same ones, so a second run signs them in and adds only what is missing.
 * @throws Failure with the first thing that was refused
 */
export const seedPlatform = async (options: SeedOptions): Promise<Seeded> => {
  const { url, users, seed, say = silent } = options
  await using api = openApi({ url, mark: `seed-${seed}-${Date.now().toString(36)}`, connections: AT_ONCE })
  const people = Array.from({ length: users }, (_, place) => personOf(seed, place))
  const tick = progress(say, 'people', users)
  const entered = await enterAll(api, people, tick)
  const sessions = entered.map(({ session }) => session)
  const made = entered.filter(({ isNew }) => isNew).length
  say('people', `${users}, ${made} of them new`)
  const follows = await seedFollows(api, sessions, options)
  say('follows', `${follows.total}, ${follows.made} of them new`)
  const posts = await seedPosts(api, sessions, options)
  say('posts', `${posts.total}, ${posts.made} of them new`)
  return { people: { total: users, made }, follows, posts }
}
