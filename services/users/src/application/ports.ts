import type { DomainEvent } from '@pharos/platform/contracts/events/define'
import type { SearchQuery } from '../domain/search.ts'
import type { Profile, User, UserId } from '../domain/user.ts'

export type MaybePromise<T> = T | Promise<T>

/**
 * The profiles. Whatever writes takes the events that go with it: both are kept or neither. Names and addresses are
 * unique without regard to case; a write that would break this throws the `conflict` of the field.
 */
export interface Users {
  byId(id: UserId): MaybePromise<User | undefined>
  byUsername(username: string): MaybePromise<User | undefined>
  byEmail(email: string): MaybePromise<User | undefined>
  /** A copy to try a change on. It may be outdated, which `save` then finds out; undefined when there is no user. */
  lastKnown(id: UserId): MaybePromise<User | undefined>
  /** What is stored now, past every copy. */
  latest(id: UserId): Promise<User | undefined>
  /** Creates a profile, or finds the one that was created under the same key. */
  create(registration: Registration, eventsOf: (user: User) => readonly DomainEvent[]): Promise<User>
  /** Stores the next version of a user; false when another change came first, or the user is gone. */
  save(user: User, events: readonly DomainEvent[]): Promise<boolean>
  /** False when there is no such user. */
  remove(id: UserId, eventsOf: (lastVersion: number) => readonly DomainEvent[]): Promise<boolean>
}

/** `key` names one registration, however often it is sent. */
export type Registration = { readonly key: string | undefined; readonly profile: Profile; readonly at: Date }

export type SearchPage = { readonly users: readonly User[]; readonly total: number }

export interface UserSearch {
  find(query: SearchQuery): MaybePromise<SearchPage>
}

export interface Sessions {
  /** Ends everything the user is signed in with, here and in every other process. */
  revokeAll(userId: UserId): Promise<void>
}
