import type { FolloweePageView, FollowerPageView, RelationUserView } from '@pharos/platform/contracts/http/relations'
import { Reply } from '@pharos/platform/http/answer'
import type { Window } from '../../application/ports.ts'
import type { ListPage } from '../../application/read-lists.ts'
import type { ListedUser } from '../../domain/listed-user.ts'

const toRelationUser = ({ id, username, avatarUrl }: ListedUser): RelationUserView =>
  avatarUrl === undefined ? { id, username } : { id, username, avatar_url: avatarUrl }

export const replyWithFollowers = ({ users, total }: ListPage, { page, limit }: Window): Reply => {
  const view: FollowerPageView = { followers: users.map(toRelationUser), total, page, limit }
  return new Reply({ json: JSON.stringify(view) })
}

export const replyWithFollowees = ({ users, total }: ListPage, { page, limit }: Window): Reply => {
  const view: FolloweePageView = { followees: users.map(toRelationUser), total, page, limit }
  return new Reply({ json: JSON.stringify(view) })
}
