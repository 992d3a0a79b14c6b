import type { UserCard } from '@pharos/platform/contracts/internal/users'
import type { UserView } from '@pharos/platform/contracts/http/users'
import { Reply } from '@pharos/platform/http/answer'
import type { SearchPage } from '../../application/ports.ts'
import { maySeeEmail } from '../../domain/access.ts'
import type { Viewer } from '../../domain/access.ts'
import type { User } from '../../domain/user.ts'

const toUserView = (user: User, { withEmail }: { readonly withEmail: boolean }): UserView => ({
  id: user.id,
  username: user.username,
  ...(withEmail && { email: user.email }),
  ...(user.fullName !== undefined && { full_name: user.fullName }),
  ...(user.bio !== undefined && { bio: user.bio }),
  ...(user.avatarUrl !== undefined && { avatar_url: user.avatarUrl }),
  created_at: user.createdAt.toISOString(),
  updated_at: user.updatedAt.toISOString(),
})

export const toUserCard = (user: User): UserCard => ({
  id: user.id,
  username: user.username,
  email: user.email,
  ...(user.fullName !== undefined && { full_name: user.fullName }),
  ...(user.bio !== undefined && { bio: user.bio }),
  ...(user.avatarUrl !== undefined && { avatar_url: user.avatarUrl }),
  version: user.version,
})

/** Makes a reply once per value: values are immutable and stay in the cache, so a hit there is serialised already. */
const remembered = <T extends object>(make: (value: T) => Reply) => {
  const made = new WeakMap<T, Reply>()
  return (value: T): Reply => {
    let reply = made.get(value)
    if (!reply) made.set(value, (reply = make(value)))
    return reply
  }
}

/** The two views of a version of a user are two representations, so their tags differ. */
const publicReply = remembered(
  (user: User) =>
    new Reply({ json: JSON.stringify(toUserView(user, { withEmail: false })), etag: `W/"${user.id}.${user.version}"` }),
)
const fullReply = remembered(
  (user: User) =>
    new Reply({
      json: JSON.stringify(toUserView(user, { withEmail: true })),
      etag: `W/"${user.id}.${user.version}.e"`,
    }),
)

/** The user as this viewer may see it. */
export const replyFor = (viewer: Viewer | undefined, user: User): Reply =>
  maySeeEmail(viewer, user) ? fullReply(user) : publicReply(user)

/** The user with the address, for who has shown to know it or has just given it. */
export const replyWithEmail = fullReply

/** A page of matches; a search never shows an address, also not the one that it was for. */
export const replyWithPage = remembered((page: SearchPage) => {
  const users = page.users.map((user) => JSON.stringify(toUserView(user, { withEmail: false })))
  return new Reply({ json: `{"users":[${users.join(',')}],"total":${page.total}}` })
})
