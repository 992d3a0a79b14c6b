import type { NewAccount } from './account.ts'

/**
 * The intent to open an account, written down before the profile is asked for. While it is there the registration is
 * not decided; its id makes asking again harmless.
 */
export type Registration = Omit<NewAccount, 'password'> & {
  readonly id: string
  readonly passwordHash: string
  readonly createdAt: Date
}

export const newRegistration = (
  id: string,
  account: NewAccount,
  passwordHash: string,
  createdAt: Date,
): Registration => {
  const { password: _, ...profile } = account
  return { ...profile, id, passwordHash, createdAt }
}
