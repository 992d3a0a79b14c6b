import type { Clock } from '@pharos/platform/runtime/clock'
import { followUser } from './follow-user.ts'
import type { FollowLists, Follows, Users } from './ports.ts'
import { readFollowees, readFollowers } from './read-lists.ts'
import { unfollowUser } from './unfollow-user.ts'

type Ports = {
  readonly follows: Follows
  readonly lists: FollowLists
  readonly users: Users
  readonly clock: Clock
}

/** Everything that relations does for those who ask. */
export const createUseCases = (ports: Ports) => ({
  followUser: followUser(ports),
  unfollowUser: unfollowUser(ports),
  readFollowers: readFollowers(ports),
  readFollowees: readFollowees(ports),
})

export type RelationsUseCases = ReturnType<typeof createUseCases>
