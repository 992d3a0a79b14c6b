import { randomBytes } from 'node:crypto'
import { authApi, tokenPair } from '@pharos/platform/contracts/http/auth'
import { z } from 'zod'
import { Failure } from '../../local/failure.ts'
import type { Caller, Sent } from './caller.ts'

/** Somebody who is signed in; `address` is where all of it comes from. */
export type Member = {
  id: number
  username: string
  email: string
  password: string
  access: string
  refresh: string
  address: string | undefined
}

export type Registration = { username: string; email: string; password: string; full_name: string; bio: string }

/** A registration of somebody whose names and password are nobody else's. */
export const somebodyNew = (): Registration => {
  const mark = randomBytes(6).toString('hex')
  return {
    username: `proof_${mark}`,
    email: `proof.${mark}@example.org`,
    password: `Proof-${randomBytes(9).toString('base64url')}`,
    full_name: `Proof ${mark}`,
    bio: `bio-${mark}`,
  }
}

const claims = z.object({ sub: z.coerce.number() })

/** What the answer of a registration or a login makes of somebody. @throws Failure when it was refused */
export const memberOf = (
  registration: Pick<Registration, 'username' | 'email' | 'password'>,
  { status, data, answered, correlationId }: Sent,
  address: string | undefined,
): Member => {
  const tokens = tokenPair.safeParse(data)
  if (!tokens.success) {
    const why = `${status ?? 'not at all'} "${answered.message ?? ''}" (correlation id ${correlationId})`
    throw new Failure(`Nobody can be signed in for the proof: ${registration.username} was answered ${why}.`)
  }
  const { access_token: access, refresh_token: refresh } = tokens.data
  const { sub: id } = claims.parse(JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString()))
  const { username, email, password } = registration
  return { id, username, email, password, access, refresh, address }
}

/** Registers somebody new and signs them in. @throws Failure when that is refused */
export const join = async (caller: Caller): Promise<Member> => {
  const registration = somebodyNew()
  const address = caller.newAddress()
  const sent = await caller.send('register 201', authApi.register, { body: registration })
  return memberOf(registration, sent, address)
}
