import { randomBytes } from 'node:crypto'
import { authApi } from '@pharos/platform/contracts/http/auth'
import { Failure } from '../../local/failure.ts'
import { openApi, type Answer, type Api } from '../../traffic/api.ts'
import { sessionOf, type Session } from '../../traffic/sign-in.ts'
import type { Target } from '../target.ts'

/** Far from those of the traffic, whose limits are not to be touched. */
const FIRST_STRANGER = 1_000_000

/** Where a stranger acts from, as `Ask.from` takes it: each from an address of their own where there are any. */
export const stranger = (place: number): number => FIRST_STRANGER + place

export const openAttack = (target: Target, name: string): Api =>
  openApi({ url: target.api, mark: `fault-${name}-${Date.now().toString(36)}`, connections: 16 })

export type Somebody = { username: string; email: string; password: string }

export const somebody = (): Somebody => {
  const username = `fault-${randomBytes(5).toString('hex')}`
  return { username, email: `${username}@example.com`, password: randomBytes(9).toString('hex') }
}

const refused = (what: string, { status, message, fault }: Answer): Failure =>
  new Failure(
    `${what} was answered ${status ?? 'not at all'} (${message ?? fault ?? 'no words'}): the attack needs it.`,
  )

/** Registers somebody who is new. @throws Failure when the system does not let them in */
export const register = async (api: Api, person: Somebody, place: number): Promise<Session> => {
  const answer = await api.ask(authApi.register, { body: person, from: stranger(place) })
  if (answer.status !== 201) throw refused('A registration', answer)
  return sessionOf(answer.data)
}
