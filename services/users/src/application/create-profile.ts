import type { Clock } from '@pharos/platform/runtime/clock'
import { newProfile, registered } from '../domain/user.ts'
import type { Profile, ProfileChanges, User } from '../domain/user.ts'
import type { Users } from './ports.ts'

export type NewProfile = ProfileChanges & Pick<Profile, 'username' | 'email'>

/** Creates the profile of a registration; asked again with the same key, it answers the same profile. */
export const createProfile =
  ({ users, clock }: { users: Users; clock: Clock }) =>
  (profile: NewProfile, key: string | undefined): Promise<User> =>
    users.create({ key, profile: newProfile(profile), at: clock.now() }, registered)
