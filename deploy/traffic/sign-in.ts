import { authApi, tokenPair } from '@pharos/platform/contracts/http/auth'
import { usersApi } from '@pharos/platform/contracts/http/users'
import { z } from 'zod'
import { Failure } from '../local/failure.ts'
import type { Answer, Api } from './api.ts'
import type { Person } from './people.ts'

/** `expiresAt` is that of the access token, in ms as `Date.now()` counts. */
export type Session = { userId: number; access: string; refresh: string; expiresAt: number }

/** Every password costs a core some ten milliseconds, so more at once would only wait for each other. */
const AT_ONCE = 4

const claims = z.object({ sub: z.coerce.number(), exp: z.number() })

export const sessionOf = (data: unknown): Session => {
  const { access_token: access, refresh_token: refresh } = tokenPair.parse(data)
  const payload: unknown = JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString())
  const { sub, exp } = claims.parse(payload)
  return { userId: sub, access, refresh, expiresAt: exp * 1000 }
}

/** Why a run cannot begin, or go on. */
export const refusalOf = (what: string, { url }: Api, { status, message, fault, correlationId }: Answer): Failure => {
  if (status === undefined) {
    return new Failure(`Nothing answers at ${url} (${fault}): "npm start" starts the system, --url names another.`)
  }
  if (status === 429) {
    return new Failure(`The system limits requests (${what}): start it by "RATE_LIMIT=off npm start" for this.`)
  }
  return new Failure(`${what} was answered ${status} "${message}" (correlation id ${correlationId}).`)
}

const register = async (api: Api, person: Person, from: number): Promise<Session> => {
  const answer = await api.ask(authApi.register, { body: person, from })
  if (answer.status === authApi.register.success.status) return sessionOf(answer.data)
  throw refusalOf(`The registration of ${person.username}`, api, answer)
}

const logIn = async (api: Api, { username, password }: Person, from: number): Promise<Session> => {
  const answer = await api.ask(authApi.login, { body: { login: username, password }, from })
  if (answer.status === authApi.login.success.status) return sessionOf(answer.data)
  throw refusalOf(`The login of ${username}`, api, answer)
}

export type Entered = { person: Person; session: Session; isNew: boolean }

/** Signs somebody in, who is registered first when nobody of that name is there. @throws Failure */
const enter = async (api: Api, person: Person, from: number): Promise<Entered> => {
  const found = await api.ask(usersApi.getUserByUsername, { params: { username: person.username }, from })
  if (found.status === 404) return { person, session: await register(api, person, from), isNew: true }
  if (found.status === 200) return { person, session: await logIn(api, person, from), isNew: false }
  throw refusalOf(`The profile of ${person.username}`, api, found)
}

/** Does something with each of many, so many at once, and gives the results in order. */
export const inParallel = async <T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, place: number) => Promise<R>,
): Promise<R[]> => {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const place = next++
      results[place] = await work(items[place] as T, place)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}

/** Signs all of them in; `each` hears of every one, and ends it by throwing. */
export const enterAll = (api: Api, people: readonly Person[], each: (done: number) => void): Promise<Entered[]> => {
  let done = 0
  return inParallel(people, AT_ONCE, async (person, place) => {
    const entered = await enter(api, person, place)
    each((done += 1))
    return entered
  })
}
