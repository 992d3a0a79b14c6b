import { z } from 'zod'
import { operation } from './define.ts'
import { bodyId, lenientInteger, pathId } from './fields.ts'

const MAX_PAGE = 1_000_000

/** A vanished account is shown with the username `Missing user`. */
const relationUser = z
  .object({ id: z.int(), username: z.string(), avatar_url: z.string().optional() })
  .meta({ id: 'RelationUser' })
export type RelationUserView = z.output<typeof relationUser>

const page = { total: z.int(), page: z.int(), limit: z.int() }
const followerPage = z.object({ followers: z.array(relationUser), ...page }).meta({ id: 'FollowerPage' })
const followeePage = z.object({ followees: z.array(relationUser), ...page }).meta({ id: 'FolloweePage' })
export type FollowerPageView = z.output<typeof followerPage>
export type FolloweePageView = z.output<typeof followeePage>

const tag = 'relations'
const service = 'relations'
const unknownUser = { status: 404, message: 'user not found' } as const
const paths = <const P extends string>(path: P) => [`/relation${path}`, `/relations${path}`] as const

const params = z.object({ user_id: pathId })
const query = z.object({ page: lenientInteger(1, 1, MAX_PAGE), limit: lenientInteger(20, 1, 100) })
const body = z.object({ followee_id: bodyId })

export const relationsApi = {
  follow: operation({
    id: 'follow',
    service,
    tag,
    methods: ['post'],
    paths: paths('/follow'),
    summary: 'Follow a user, who is notified',
    auth: 'user',
    limit: 'write',
    body,
    success: { status: 200, message: 'Followed successfully' },
    refusals: [
      { status: 400, message: 'cannot follow yourself' },
      unknownUser,
      { status: 409, message: 'already following this user' },
    ],
    idempotent: true,
  }),
  unfollow: operation({
    id: 'unfollow',
    service,
    tag,
    methods: ['post'],
    paths: paths('/unfollow'),
    summary: 'Stop following a user',
    auth: 'user',
    limit: 'write',
    body,
    success: { status: 200, message: 'Unfollowed successfully' },
    refusals: [
      { status: 400, message: 'cannot unfollow yourself' },
      { status: 404, message: 'follow relation not found' },
    ],
  }),
  listFollowers: operation({
    id: 'listFollowers',
    service,
    tag,
    methods: ['get'],
    paths: paths('/:user_id/followers'),
    summary: 'List who follows a user, newest first',
    auth: 'none',
    limit: 'read',
    params,
    query,
    success: { status: 200, data: followerPage },
    refusals: [unknownUser],
    compress: true,
  }),
  listFollowees: operation({
    id: 'listFollowees',
    service,
    tag,
    methods: ['get'],
    paths: paths('/:user_id/followees'),
    summary: 'List whom a user follows, newest first',
    auth: 'none',
    limit: 'read',
    params,
    query,
    success: { status: 200, data: followeePage },
    refusals: [unknownUser],
    compress: true,
  }),
}
