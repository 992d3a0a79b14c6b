import type { DomainEvent } from '@pharos/platform/contracts/events/define'
import type { Follow, UserId } from '../domain/follow.ts'
import type { Listed } from '../domain/listed-user.ts'

/** `no-followee`: none that is known here. `no-follower`: the account is gone. */
export type FollowOutcome = 'followed' | 'followed-before' | 'no-followee' | 'no-follower'

/** Who follows whom. Whatever writes keeps the totals and takes the events that go with it: all are kept or none. */
export interface Follows {
  /** Of several at once for one pair, one is `followed`. */
  add(follow: Follow, at: Date, events: readonly DomainEvent[]): Promise<FollowOutcome>
  /** False when there was nothing to remove. */
  remove(follow: Follow, events: readonly DomainEvent[]): Promise<boolean>
}

/** `page` counts from 1. */
export type Window = { readonly page: number; readonly limit: number }

/** A page, newest first, the true total, and what is known of whose list it is. */
export type FollowList = {
  readonly owner: 'known' | 'unknown' | 'deleted'
  readonly total: number
  readonly listed: readonly Listed[]
}

export type ReadList = (userId: UserId, window: Window) => Promise<FollowList>

export interface FollowLists {
  readonly followersOf: ReadList
  readonly followeesOf: ReadList
}

/** The users, of whom this service keeps cards. */
export interface Users {
  /** By the card, or by asking for it. @throws AppError `unavailable` when there is none and nobody can be asked */
  exists(userId: UserId): Promise<boolean>
  /** Asks for cards that are missing. Resolves with the ids that have one now. */
  lookUp(userIds: readonly UserId[]): Promise<ReadonlySet<UserId>>
}
