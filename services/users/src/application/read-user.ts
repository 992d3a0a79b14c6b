import { userNotFound } from '../domain/faults.ts'
import type { User, UserId } from '../domain/user.ts'
import type { Users } from './ports.ts'

const found = (user: User | undefined): User => {
  if (!user) throw userNotFound()
  return user
}

export const readUser =
  ({ users }: { users: Users }) =>
  async (id: UserId): Promise<User> =>
    found(await users.byId(id))

export const readUserByUsername =
  ({ users }: { users: Users }) =>
  async (username: string): Promise<User> =>
    found(await users.byUsername(username))

export const readUserByEmail =
  ({ users }: { users: Users }) =>
  async (email: string): Promise<User> =>
    found(await users.byEmail(email))
