import type { UserView } from '@pharos/platform/contracts/http/users'
import type { Account, LoginNames, Role } from '../domain/account.ts'
import type { Registration } from '../domain/registration.ts'
import type { NewSession, Presented } from '../domain/session.ts'

export type { Clock } from '@pharos/platform/runtime/clock'

/** Credentials. A name that several accounts seem to hold belongs to the one that took it last. */
export interface Accounts {
  findByLogin(login: string): Promise<Account | undefined>
  findById(userId: number): Promise<Account | undefined>
  /** Who holds these names, as far as this copy knows. */
  ownersOf(names: LoginNames): Promise<{ readonly username?: number; readonly email?: number }>
  /** Replaces `oldHash`, ends every session of the account and publishes it; undefined when the hash was another. */
  changePassword(change: PasswordChange): Promise<EndedSession[] | undefined>
  /** Stores the same password under newer parameters; nothing happens when it was changed meanwhile. */
  rehash(userId: number, oldHash: string, newHash: string): Promise<void>
  /** Publishes that nobody can sign in to the account until `until`. */
  locked(userId: number, until: Date): Promise<void>
}

export type PasswordChange = {
  readonly userId: number
  readonly oldHash: string
  readonly newHash: string
  readonly at: Date
}

export type EndedSession = { readonly id: string; readonly renewedAt: Date }

/** Sessions: families of refresh tokens of which only the youngest is good, and only once. */
export interface Sessions {
  /** Opens a session if the account still has this password hash; false when it was changed or deleted meanwhile. */
  open(account: Account, session: NewSession): Promise<boolean>
  /** Spends a token for the next one of its session, or undefined when it is not good. */
  rotate(
    tokenHash: Buffer,
    next: Omit<NewSession, 'id'>,
  ): Promise<{ userId: number; sessionId: string; role: Role } | undefined>
  /** Ends the session of a good token. */
  end(tokenHash: Buffer, at: Date): Promise<Presented>
  /** Why a token was not good; a spent one of a session that lives ends it and publishes that. */
  judge(tokenHash: Buffer, at: Date): Promise<Presented>
}

/** Registrations that are not decided yet. */
export interface Registrations {
  open(registration: Registration): Promise<{ readonly id: string }>
  drop(id: string): Promise<void>
  /**
   * Makes credentials of a registration whose profile is there, and opens a session if one is given. Doing it twice is
   * harmless. `not-found` when the account was deleted in between.
   */
  complete(id: string, profile: UserView, session?: NewSession): Promise<void>
  /** Calls `finish` for each that was left open, also young ones when they hold one of `names`. */
  eachOpen(finish: (registration: Registration) => Promise<void>, names?: LoginNames): Promise<number>
}

/** The profiles of the users service, which decides whether a name is free. */
export interface Profiles {
  /**
   * The same registration gives the same profile, however often it is asked.
   * @throws AppError `conflict` when a name is taken, `invalid` when it is not acceptable, else `unavailable`
   */
  create(registration: Registration): Promise<UserView>
}

export interface Passwords {
  hash(password: string): Promise<string>
  verify(hash: string, password: string): Promise<boolean>
  isOutdated(hash: string): boolean
  /** Takes as long as `verify` and is never true. */
  verifyNothing(password: string): Promise<false>
}

/** Refresh tokens, 256 random bits each. */
export interface RefreshTokens {
  make(): { readonly token: string; readonly hash: Buffer }
  hashOf(token: string): Buffer
}

export interface AccessTokens {
  issue(bearer: { readonly userId: number; readonly sessionId: string; readonly role: Role }): Promise<string>
}

/** Failed attempts per account and per address. */
export interface Attempts {
  /**
   * Makes an attempt. A refusal (`unauthenticated`, `not-found`) is a failure, a success forgets every one of the
   * account, any other fault counts as nothing. `locksUntil` is set on the attempt whose failure locks the account.
   * @throws AppError `too-many` when there were too many before it; what the attempt throws
   */
  make<T>(who: Attempter, attempt: (locksUntil: Date | undefined) => Promise<T>): Promise<T>
}

/** An account is a user id, or the login that nobody has. */
export type Attempter = { readonly account: number | string; readonly address: string }

/** What was revoked before it would have expired. */
export interface Revocations {
  isUserRevoked(userId: number): boolean
  revokeSessions(sessionIds: readonly string[]): Promise<void>
}

/** Facts that are no events of the domain but that operators want to know. */
export interface AuthSignals {
  refreshTokenReused(session: { readonly userId: number; readonly sessionId: string }): void
  rehashFailed(userId: number, error: unknown): void
  registrationFinished(id: string, outcome: 'completed' | 'refused' | 'postponed', error?: unknown): void
}
