import type { Clock } from '@pharos/platform/runtime/clock'
import { mustBeSelf } from '../domain/access.ts'
import type { Viewer } from '../domain/access.ts'
import { userNotFound } from '../domain/faults.ts'
import { deleted } from '../domain/user.ts'
import type { UserId } from '../domain/user.ts'
import type { Sessions, Users } from './ports.ts'

/** Deletes the own account; when it returns, nobody is signed in to it any more. */
export const deleteUser =
  ({ users, sessions, clock }: { users: Users; sessions: Sessions; clock: Clock }) =>
  async (viewer: Viewer, id: UserId): Promise<void> => {
    mustBeSelf(viewer, id)
    const removed = await users.remove(id, (lastVersion) => deleted(id, lastVersion, clock.now()))
    if (!removed) throw userNotFound()
    await sessions.revokeAll(id)
  }
