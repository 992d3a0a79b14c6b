import type { Clock } from '@pharos/platform/runtime/clock'
import { createProfile } from './create-profile.ts'
import { deleteUser } from './delete-user.ts'
import type { Sessions, Users, UserSearch } from './ports.ts'
import { readUser, readUserByEmail, readUserByUsername } from './read-user.ts'
import { searchUsers } from './search-users.ts'
import { updateUser } from './update-user.ts'

type Ports = { readonly users: Users; readonly search: UserSearch; readonly sessions: Sessions; readonly clock: Clock }

/** Everything that users does. */
export const createUseCases = (ports: Ports) => ({
  createProfile: createProfile(ports),
  deleteUser: deleteUser(ports),
  readUser: readUser(ports),
  readUserByEmail: readUserByEmail(ports),
  readUserByUsername: readUserByUsername(ports),
  searchUsers: searchUsers(ports),
  updateUser: updateUser(ports),
})

export type UsersUseCases = ReturnType<typeof createUseCases>
