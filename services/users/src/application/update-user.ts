import { unavailable } from '@pharos/platform/errors'
import type { Clock } from '@pharos/platform/runtime/clock'
import { mustBeSelf } from '../domain/access.ts'
import type { Viewer } from '../domain/access.ts'
import { userNotFound } from '../domain/faults.ts'
import { changeProfile } from '../domain/user.ts'
import type { ProfileChanges, User, UserId } from '../domain/user.ts'
import type { Users } from './ports.ts'

const MAX_ATTEMPTS = 5

/** Changes the own profile. Of two changes at once both are kept, in some order. */
export const updateUser =
  ({ users, clock }: { users: Users; clock: Clock }) =>
  async (viewer: Viewer, id: UserId, changes: ProfileChanges): Promise<User> => {
    mustBeSelf(viewer, id)
    const copy = await users.lastKnown(id)
    // A copy is as good as the row as long as something changes: saving fails when it was not the latest.
    const decided = copy && changeProfile(copy, changes, clock.now())
    if (decided && (await users.save(decided.user, decided.events))) return decided.user

    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) {
      const user = await users.latest(id)
      if (!user) throw userNotFound()
      const next = changeProfile(user, changes, clock.now())
      if (!next) return user
      if (await users.save(next.user, next.events)) return next.user
    }
    throw unavailable('user.contended')
  }
