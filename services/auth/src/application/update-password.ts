import { invalidCredentials } from '../domain/faults.ts'
import type { AllowPassword } from '../domain/password.ts'
import { oldestLiveAccessToken } from '../domain/session.ts'
import { checkPassword } from './check-password.ts'
import type { Accounts, Attempts, Clock, Passwords, Revocations } from './ports.ts'

type Ports = {
  readonly accounts: Accounts
  readonly passwords: Passwords
  readonly attempts: Attempts
  readonly revocations: Revocations
  readonly clock: Clock
  readonly allowPassword: AllowPassword
}

type Change = {
  readonly userId: number
  readonly oldPassword: string
  readonly newPassword: string
  readonly address: string
}

/** Sets a new password and ends every session of the account, the one that asks included. */
export const updatePassword =
  (ports: Ports) =>
  async ({ userId, oldPassword, newPassword, address }: Change): Promise<void> => {
    const { accounts, passwords, attempts, revocations, clock } = ports
    ports.allowPassword(newPassword, 'new_password')
    const account = await accounts.findById(userId)
    if (!account) throw invalidCredentials()
    const check = checkPassword(ports)
    await attempts.make({ account: userId, address }, (locksUntil) => check(account, oldPassword, locksUntil))

    const newHash = await passwords.hash(newPassword)
    const now = clock.now()
    const change = { userId, oldHash: account.passwordHash, newHash, at: now }
    const ended = await accounts.changePassword(change)
    if (!ended) throw invalidCredentials()
    const oldest = oldestLiveAccessToken(now)
    await revocations.revokeSessions(ended.filter(({ renewedAt }) => renewedAt > oldest).map(({ id }) => id))
  }
