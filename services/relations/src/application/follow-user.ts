import { unavailable } from '@pharos/platform/errors'
import type { Clock } from '@pharos/platform/runtime/clock'
import { accountGone, alreadyFollowing, beginFollow, userNotFound } from '../domain/follow.ts'
import type { UserId } from '../domain/follow.ts'
import type { Follows, Users } from './ports.ts'

/** The first may find that the followee is not known here yet, the second comes when users has told. */
const MAX_ATTEMPTS = 2

export const followUser =
  ({ follows, users, clock }: { follows: Follows; users: Users; clock: Clock }) =>
  async (followerId: UserId, followeeId: UserId): Promise<void> => {
    const now = clock.now()
    const { follow, events } = beginFollow({ followerId, followeeId }, now)
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      switch (await follows.add(follow, now, events)) {
        case 'followed':
          return
        case 'followed-before':
          throw alreadyFollowing()
        case 'no-follower':
          throw accountGone()
        case 'no-followee':
          if (!(await users.exists(followeeId))) throw userNotFound()
      }
    }
    // The followee came and went, or another follow of the pair did, each time between a write and its question.
    throw unavailable('follow.contended')
  }
