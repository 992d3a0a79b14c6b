import type { Account } from '../domain/account.ts'
import { invalidCredentials } from '../domain/faults.ts'
import type { Accounts, Passwords } from './ports.ts'

/**
 * Checks a password as an attempt; the failure that uses the last one up locks the account.
 * @throws AppError `invalid credentials`
 */
export const checkPassword =
  ({ passwords, accounts }: { readonly passwords: Passwords; readonly accounts: Accounts }) =>
  async (account: Account, password: string, locksUntil: Date | undefined): Promise<void> => {
    if (await passwords.verify(account.passwordHash, password)) return
    if (locksUntil) await accounts.locked(account.userId, locksUntil)
    throw invalidCredentials()
  }
