import { setTimeout as pause } from 'node:timers/promises'
import { authApi } from '@pharos/platform/contracts/http/auth'
import type { Operation } from '@pharos/platform/contracts/http/define'
import { notificationsApi } from '@pharos/platform/contracts/http/notifications'
import { postsApi } from '@pharos/platform/contracts/http/posts'
import { relationsApi } from '@pharos/platform/contracts/http/relations'
import { usersApi } from '@pharos/platform/contracts/http/users'
import type { ServiceName } from '../../local/services.ts'
import type { Live } from '../part.ts'
import type { Ask, Caller } from './caller.ts'
import type { Expected } from './expectations.ts'
import { whileFailing } from './flag.ts'
import { join, somebodyNew, type Member } from './people.ts'
import { SCENES } from './scenes.ts'

/** Each does some eighty requests in all, so nobody comes near what a user may do in a minute. */
const REQUESTS_PER_MEMBER = 80
const FEWEST_MEMBERS = 6
/** Their scenes run side by side. */
const AT_ONCE = 4
const PER_SECOND = 30
const FAULTED_PER_SERVICE = 6

/** A request that reaches a service, which is then made to fail. */
const failing = (me: Member): readonly [Expected, ServiceName, Operation, Ask][] => [
  ['listPosts 500 in the gateway', 'gateway', postsApi.listPosts, {}],
  ['getUser 500 in users', 'users', usersApi.getUser, { params: { id: me.id } }],
  ['login 500 in auth', 'auth', authApi.login, { body: { login: me.username, password: me.password } }],
  ['listPosts 500 in posts', 'posts', postsApi.listPosts, {}],
  ['listFollowers 500 in relations', 'relations', relationsApi.listFollowers, { params: { user_id: me.id } }],
  ['countUnread 500 in notifications', 'notifications', notificationsApi.countUnread, { token: me.access }],
]

/** Lets requests go at an even pace, however many ask at once. */
const paced = (caller: Caller, perSecond: number, signal: AbortSignal): Caller => {
  let next = performance.now()
  return {
    ...caller,
    send: async (...request) => {
      const now = performance.now()
      next = Math.max(next + 1000 / perSecond, now)
      await pause(next - now, undefined, { signal })
      return caller.send(...request)
    },
  }
}

const failEach = async (live: Live, caller: Caller, me: Member): Promise<void> => {
  for (const [what, service, operation, ask] of failing(me)) {
    await whileFailing(live, service, async () => {
      for (let n = 0; n < FAULTED_PER_SERVICE; n += 1) {
        await caller.send(what, operation, { from: me.address, faulted: service, ...ask })
      }
    })
  }
}

const inTurns = async (caller: Caller, members: readonly Member[], until: number): Promise<void> => {
  let turn = 0
  const at = (place: number): Member => members[place % members.length] as Member
  const perform = async (worker: number): Promise<void> => {
    // Each worker has members of its own: what somebody does comes one after the other.
    const own = members.map((_, place) => place).filter((place) => place % AT_ONCE === worker)
    for (let round = 0; caller.sent.length < until; round += 1) {
      const place = own[round % own.length] ?? 0
      const scene = SCENES[turn % SCENES.length]
      turn += 1
      await scene?.({ caller, me: at(place), next: at(place + 1), other: at(place + 2) })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, (_, worker) => perform(worker)))
}

/**
 * Sends at least so many requests of all kinds, good and bad, each with ids of its own: people come, everybody follows the
 * next, then they take turns. With `faults`, each service is made to fail for a few at the end.
 */
export const sendAll = async (live: Live, caller: Caller, o: { requests: number; faults: boolean }): Promise<void> => {
  const pace = paced(caller, PER_SECOND, live.signal)
  const count = Math.max(FEWEST_MEMBERS, Math.ceil(o.requests / REQUESTS_PER_MEMBER))
  const members: Member[] = []
  for (let n = 0; n < count; n += 1) members.push(await join(pace))
  for (const [place, { access: token, address: from }] of members.entries()) {
    const body = { followee_id: members[(place + 1) % count]?.id }
    await pace.send('follow 200', relationsApi.follow, { body, token, from })
  }
  const [first] = members
  const faulted = o.faults ? FAULTED_PER_SERVICE * failing(first as Member).length : 0
  await inTurns(pace, members, o.requests - faulted)
  if (o.faults) await failEach(live, pace, first as Member)
}

/** The id that all correlation ids of a run begin with. */
export const newMark = (part: string): string => `${part}-${somebodyNew().username.slice('proof_'.length)}`
