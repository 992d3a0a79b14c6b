import type { DomainEvent } from '@pharos/platform/contracts/events/define'
import type { UserSnapshot } from '@pharos/platform/contracts/events/user'
import { userCreated } from '@pharos/platform/contracts/events/user-created.v1'
import { userDeleted } from '@pharos/platform/contracts/events/user-deleted.v1'
import { userUpdated } from '@pharos/platform/contracts/events/user-updated.v1'

export type UserId = number

/** What people say of themselves. */
export type Profile = {
  readonly username: string
  readonly email: string
  readonly fullName: string | undefined
  readonly bio: string | undefined
  readonly avatarUrl: string | undefined
}

/** `version` grows by one with every change, so whoever keeps a copy knows the newer one. */
export type User = Profile & {
  readonly id: UserId
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** An absent or undefined field stays as it is; an empty one that is optional is cleared. */
export type ProfileChanges = { readonly [K in keyof Profile]?: string | undefined }

/** Half a surrogate pair is no character: no store takes it, so it becomes U+FFFD here and the same everywhere. */
const given = (text: string | undefined): string | undefined => (text === '' ? undefined : text)

/** A profile as it is kept: an empty optional text is the same as none. */
export const newProfile = (profile: ProfileChanges & Pick<Profile, 'username' | 'email'>): Profile => ({
  username: profile.username,
  email: profile.email,
  fullName: given(profile.fullName),
  bio: given(profile.bio),
  avatarUrl: given(profile.avatarUrl),
})

const WIRE_NAMES: Readonly<Record<keyof Profile, string>> = {
  username: 'username',
  email: 'email',
  fullName: 'full_name',
  bio: 'bio',
  avatarUrl: 'avatar_url',
}
const FIELDS = Object.keys(WIRE_NAMES) as (keyof Profile)[]

/** The user after the changes and what to tell the others, or undefined when nothing changes. */
export const changeProfile = (
  user: User,
  changes: ProfileChanges,
  now: Date,
): { readonly user: User; readonly events: readonly DomainEvent[] } | undefined => {
  const stated = Object.entries(changes).filter(([, value]) => value !== undefined)
  const profile = newProfile({ ...user, ...Object.fromEntries(stated) })
  const differing = FIELDS.filter((field) => profile[field] !== user[field])
  if (differing.length === 0) return undefined
  const { id, version, createdAt } = user
  const changed = { ...profile, id, version: version + 1, createdAt, updatedAt: now }
  const event = { ...snapshotOf(changed), changed: differing.map((field) => WIRE_NAMES[field]) }
  return { user: changed, events: [userUpdated.event(event, now)] }
}

export const registered = (user: User): readonly DomainEvent[] => [userCreated.event(snapshotOf(user), user.createdAt)]

/** A deletion is newer than every version there was. */
export const deleted = (id: UserId, lastVersion: number, now: Date): readonly DomainEvent[] => [
  userDeleted.event({ id, version: lastVersion + 1 }, now),
]

const snapshotOf = (user: User): UserSnapshot => ({
  id: user.id,
  username: user.username,
  email: user.email,
  ...(user.fullName !== undefined && { full_name: user.fullName }),
  ...(user.bio !== undefined && { bio: user.bio }),
  ...(user.avatarUrl !== undefined && { avatar_url: user.avatarUrl }),
  version: user.version,
})
