import { authApi } from '@pharos/platform/contracts/http/auth'
import { postsApi } from '@pharos/platform/contracts/http/posts'
import { relationsApi } from '@pharos/platform/contracts/http/relations'
import { z } from 'zod'
import { Failure } from '../../local/failure.ts'
import type { Api } from '../../traffic/api.ts'
import { breaker, type Breaker } from '../breaker.ts'
import { requireFlags, setFlag } from '../management.ts'
import { repeatedly } from '../repeat.ts'
import type { Target } from '../target.ts'
import { openAttack, register, somebody, stranger } from './people.ts'

/** Each may try ten passwords a minute; the eight of them are seen within half of one. */
const GUESSERS = 8
const GUESS_EVERY_MS = 6_500
const THEFT_EVERY_MS = 10_000
const FLOOD_EVERY_MS = 25
const FLOODER = 99
const FOLLOW_EVERY_MS = 1_000
const NOBODY = 2 ** 45

const both = (first: AsyncDisposable, then: AsyncDisposable): AsyncDisposable => ({
  [Symbol.asyncDispose]: async () => {
    await first[Symbol.asyncDispose]()
    await then[Symbol.asyncDispose]()
  },
})

const answers = async ({ api }: Target): Promise<Headers> => {
  const answer = await fetch(`${api}/api/v1/posts/list?limit=1`, { signal: AbortSignal.timeout(5_000) })
  await answer.arrayBuffer()
  return answer.headers
}

/** Somebody at the front door, until the repair; nothing is left to be mended. */
const outside = (name: string, o: { limits?: boolean; begin: (api: Api) => Promise<AsyncDisposable> }): Breaker =>
  breaker(z.null(), {
    prepare: async (target) => {
      const headers = await answers(target)
      if (o.limits && !headers.has('ratelimit-limit')) {
        throw new Failure('The system has no limits (RATE_LIMIT=off), so nobody is refused: start it without that.')
      }
      return null
    },
    apply: async (target) => {
      const api = openAttack(target, name)
      try {
        return both(await o.begin(api), api)
      } catch (error) {
        await api[Symbol.asyncDispose]()
        throw error
      }
    },
    mend: () => Promise.resolve(),
  })

const bruteForce = outside('login', {
  begin: async (api) => {
    const victim = somebody()
    await register(api, victim, GUESSERS)
    let guesses = 0
    return repeatedly(GUESS_EVERY_MS, async () => {
      await Promise.all(
        Array.from({ length: GUESSERS }, (_, place) => {
          guesses += 1
          const login = guesses % 2 === 0 ? victim.username : somebody().username
          const body = { login, password: `guess-${guesses}` }
          return api.ask(authApi.login, { body, from: stranger(place) })
        }),
      )
    })
  },
})

const theft = outside('theft', {
  begin: async (api) => {
    const victim = somebody()
    await register(api, victim, GUESSERS)
    let turn = 0
    return repeatedly(THEFT_EVERY_MS, async () => {
      turn += 1
      const owner = stranger(turn)
      const entered = await api.ask(authApi.login, {
        body: { login: victim.username, password: victim.password },
        from: owner,
      })
      const { refresh_token } = entered.data as { refresh_token: string }
      // The owner's, and then the thief's, who copied it before.
      await api.ask(authApi.refresh, { body: { refresh_token }, from: owner })
      await api.ask(authApi.refresh, { body: { refresh_token }, from: stranger(turn + 100) })
    })
  },
})

const flood = outside('flood', {
  limits: true,
  begin: async (api) =>
    repeatedly(FLOOD_EVERY_MS, async () => {
      // Not waited for: who floods does not.
      void api.ask(postsApi.listPosts, { query: { limit: 1 }, from: stranger(FLOODER) })
    }),
})

/** Late for whoever gives it two seconds, while somebody lets relations ask it for people that it does not know. */
const usersLate: Breaker = breaker(z.null(), {
  prepare: async (target) => {
    await requireFlags(target, 'users')
    return null
  },
  apply: async (target) => {
    const api = openAttack(target, 'strangers')
    const { access: token } = await register(api, somebody(), GUESSERS)
    await setFlag(target, 'users', 'http-delay', 'stuck')
    let followee = NOBODY
    const asking = repeatedly(FOLLOW_EVERY_MS, async () => {
      followee += 1
      await api.ask(relationsApi.follow, { body: { followee_id: followee }, token, from: stranger(GUESSERS) })
    })
    return both(asking, api)
  },
  mend: (target) => setFlag(target, 'users', 'http-delay', 'off'),
})

export const INTRUDERS: Readonly<Record<string, Breaker>> = {
  'brute-force-login': bruteForce,
  'refresh-token-theft': theft,
  flood,
  'users-late-for-services': usersLate,
}
