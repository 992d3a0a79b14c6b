import { relationsApi } from '@pharos/platform/contracts/http/relations'
import { bind } from '@pharos/platform/http/router'
import type { BoundRoute } from '@pharos/platform/http/router'
import type { RelationsUseCases } from '../../application/use-cases.ts'
import { replyWithFollowees, replyWithFollowers } from './views.ts'

export const relationsRoutes = (app: RelationsUseCases): BoundRoute[] =>
  bind(relationsApi, {
    follow: async ({ body, user }) => {
      await app.followUser(user.userId, body.followee_id)
      return undefined
    },
    unfollow: async ({ body, user }) => {
      await app.unfollowUser(user.userId, body.followee_id)
      return undefined
    },
    listFollowers: async ({ params, query }) =>
      replyWithFollowers(await app.readFollowers(params.user_id, query), query),
    listFollowees: async ({ params, query }) =>
      replyWithFollowees(await app.readFollowees(params.user_id, query), query),
  })
