import { usersApi } from '@pharos/platform/contracts/http/users'
import { usersInternalApi } from '@pharos/platform/contracts/internal/users'
import { bind } from '@pharos/platform/http/router'
import type { BoundRoute } from '@pharos/platform/http/router'
import type { UsersUseCases } from '../../application/use-cases.ts'
import { replyFor, replyWithEmail, replyWithPage, toUserCard } from './views.ts'

type ProfileFields = {
  readonly username?: string | undefined
  readonly email?: string | undefined
  readonly full_name?: string | undefined
  readonly bio?: string | undefined
  readonly avatar_url?: string | undefined
}

const fromFields = ({ username, email, full_name, bio, avatar_url }: ProfileFields) => ({
  username,
  email,
  fullName: full_name,
  bio,
  avatarUrl: avatar_url,
})

const header = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined

/** The public operations. */
export const publicRoutes = (app: UsersUseCases): BoundRoute[] =>
  bind(usersApi, {
    searchUsers: async ({ query: { query: text, page, limit } }) =>
      replyWithPage(await app.searchUsers({ text, page, limit })),
    getUserByUsername: async ({ params, user }) => replyFor(user, await app.readUserByUsername(params.username)),
    getUserByEmail: async ({ params }) => replyWithEmail(await app.readUserByEmail(params.email)),
    getUser: async ({ params, user }) => replyFor(user, await app.readUser(params.id)),
    changeAvatar: async ({ body, user }) =>
      replyWithEmail(await app.updateUser(user, user.userId, { avatarUrl: body.avatar_url })),
    updateUser: async ({ params, body, user }) =>
      replyWithEmail(await app.updateUser(user, params.id, fromFields(body))),
    updateUserByBody: async ({ body, user }) => replyWithEmail(await app.updateUser(user, body.id, fromFields(body))),
    deleteUser: async ({ params, user }) => {
      await app.deleteUser(user, params.id)
      return undefined
    },
  })

/** What other services may ask. */
export const internalRoutes = (app: UsersUseCases): BoundRoute[] =>
  bind(usersInternalApi, {
    createProfile: async ({ body, req }) => {
      const { username, email } = body
      const profile = { ...fromFields(body), username, email }
      return replyWithEmail(await app.createProfile(profile, header(req.headers['idempotency-key'])))
    },
    getCard: async ({ params }) => toUserCard(await app.readUser(params.id)),
  })
