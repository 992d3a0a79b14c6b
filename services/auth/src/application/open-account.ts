import { randomUUID } from 'node:crypto'
import type { UserView } from '@pharos/platform/contracts/http/users'
import { isAppError } from '@pharos/platform/errors'
import type { NewAccount } from '../domain/account.ts'
import { emailTaken, usernameTaken } from '../domain/faults.ts'
import type { AllowPassword } from '../domain/password.ts'
import { newRegistration } from '../domain/registration.ts'
import type { Registration } from '../domain/registration.ts'
import { finishRegistration } from './finish-registrations.ts'
import type { Accounts, AuthSignals, Clock, Passwords, Profiles, Registrations, Revocations } from './ports.ts'

export type OpenAccountPorts = {
  readonly accounts: Accounts
  readonly registrations: Registrations
  readonly profiles: Profiles
  readonly passwords: Passwords
  readonly revocations: Revocations
  readonly signals: AuthSignals
  readonly clock: Clock
  readonly allowPassword: AllowPassword
}

/**
 * The steps of a registration up to the profile: the intent is written first, so whatever dies from here on, the
 * sweep finds it and either finishes or drops it.
 * @throws AppError `conflict` when a name is taken; `unavailable` when it is not decided yet
 */
export const openProfile = async (
  ports: OpenAccountPorts,
  account: NewAccount,
): Promise<{ registration: Registration; profile: UserView }> => {
  const { registrations, profiles, passwords, clock } = ports
  ports.allowPassword(account.password, 'password')
  await refuseTaken(ports, account)
  const drafted = newRegistration(randomUUID(), account, await passwords.hash(account.password), clock.now())
  const registration = { ...drafted, ...(await registrations.open(drafted)) }
  try {
    return { registration, profile: await profiles.create(registration) }
  } catch (error) {
    if (!isAppError(error) || error.kind === 'unavailable') throw error
    await registrations.drop(registration.id)
    if (error.kind === 'conflict') await finishOthers(ports, account)
    throw error
  }
}

/** Spares the hashing where this service knows that a name is taken. It may not know; users decides. */
const refuseTaken = async ({ accounts, revocations }: OpenAccountPorts, account: NewAccount): Promise<void> => {
  const owners = await accounts.ownersOf(account)
  const isHeld = (owner: number | undefined): boolean => owner !== undefined && !revocations.isUserRevoked(owner)
  if (isHeld(owners.username)) throw usernameTaken()
  if (isHeld(owners.email)) throw emailTaken()
}

/**
 * The name may be taken by an earlier attempt of the same person that was cut off: finishing it now lets them log in
 * at once. Not being able to is left to the sweep.
 */
const finishOthers = async (ports: OpenAccountPorts, account: NewAccount): Promise<void> => {
  await ports.registrations.eachOpen((registration) => finishRegistration(ports, registration), account).catch(() => 0)
}
