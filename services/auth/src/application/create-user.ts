import type { UserView } from '@pharos/platform/contracts/http/users'
import type { NewAccount } from '../domain/account.ts'
import { openProfile } from './open-account.ts'
import type { OpenAccountPorts } from './open-account.ts'

/** Creates an account for somebody else, who can log in with it. */
export const createUser =
  (ports: OpenAccountPorts) =>
  async (account: NewAccount): Promise<UserView> => {
    const { registration, profile } = await openProfile(ports, account)
    await ports.registrations.complete(registration.id, profile)
    return profile
  }
