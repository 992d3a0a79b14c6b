import type { Clock } from '@pharos/platform/runtime/clock'
import { endFollow, followNotFound } from '../domain/follow.ts'
import type { UserId } from '../domain/follow.ts'
import type { Follows } from './ports.ts'

export const unfollowUser =
  ({ follows, clock }: { follows: Follows; clock: Clock }) =>
  async (followerId: UserId, followeeId: UserId): Promise<void> => {
    const { follow, events } = endFollow({ followerId, followeeId }, clock.now())
    if (!(await follows.remove(follow, events))) throw followNotFound()
  }
