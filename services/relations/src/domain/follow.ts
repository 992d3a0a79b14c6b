import { AppError } from '@pharos/platform/errors'
import type { DomainEvent } from '@pharos/platform/contracts/events/define'
import { followCreated } from '@pharos/platform/contracts/events/follow-created.v1'
import { followDeleted } from '@pharos/platform/contracts/events/follow-deleted.v1'

export type UserId = number

/** Somebody follows somebody else, at most once at a time. */
export type Follow = { readonly followerId: UserId; readonly followeeId: UserId }

type Decision = { readonly follow: Follow; readonly events: readonly DomainEvent[] }

const cannotFollowSelf = (): AppError => new AppError('invalid', 'follow.self', 'cannot follow yourself')
const cannotUnfollowSelf = (): AppError => new AppError('invalid', 'follow.self', 'cannot unfollow yourself')
export const alreadyFollowing = (): AppError => new AppError('conflict', 'follow.exists', 'already following this user')
export const followNotFound = (): AppError => new AppError('not-found', 'follow.not-found', 'follow relation not found')
export const userNotFound = (): AppError => new AppError('not-found', 'user.not-found', 'user not found')
/** The account of who asks is gone: a token that outlived it is worth as much as a revoked one. */
export const accountGone = (): AppError => new AppError('unauthenticated', 'unauthenticated', 'unauthenticated')

const factOf = ({ followerId, followeeId }: Follow) => ({ follower_id: followerId, followee_id: followeeId })

/** @throws AppError `follow.self` */
export const beginFollow = (follow: Follow, now: Date): Decision => {
  if (follow.followerId === follow.followeeId) throw cannotFollowSelf()
  return { follow, events: [followCreated.event(factOf(follow), now)] }
}

/** @throws AppError `follow.self` */
export const endFollow = (follow: Follow, now: Date): Decision => {
  if (follow.followerId === follow.followeeId) throw cannotUnfollowSelf()
  return { follow, events: [followDeleted.event(factOf(follow), now)] }
}
