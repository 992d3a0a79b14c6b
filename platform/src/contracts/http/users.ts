import { z } from 'zod'
import { operation } from './define.ts'
import { bodyId, email, lenientInteger, pathId, text, timestamp, webUrl } from './fields.ts'

const MAX_PAGE = 1_000_000

export const username = text(3, 32)
  .regex(/^[A-Za-z0-9_.-]*$/, 'may hold letters, digits, dot, dash and underscore')
  .meta({ examples: ['ada'] })

/** `email` is there for its owner, for admins, in the answer of a creation and of the look-up by exact e-mail. */
export const userView = z
  .object({
    id: z.int(),
    username: z.string(),
    email: z.string().optional(),
    full_name: z.string().optional(),
    bio: z.string().optional(),
    avatar_url: z.string().optional(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'User' })
export type UserView = z.output<typeof userView>

const userPage = z.object({ users: z.array(userView), total: z.int() }).meta({ id: 'UserPage' })

const profileChanges = {
  username: username.optional(),
  email: email.optional(),
  full_name: text(0, 100).optional(),
  bio: text(0, 500).optional(),
}

const tag = 'users'
const service = 'users'
const notFound = { status: 404, message: 'user not found' } as const
const forbidden = { status: 403, message: 'forbidden' } as const
const takenUsername = { status: 409, message: 'username already exists' } as const
const takenEmail = { status: 409, message: 'email already exists' } as const

const updateErrors = [forbidden, notFound, takenUsername, takenEmail]

export const usersApi = {
  searchUsers: operation({
    id: 'searchUsers',
    service,
    tag,
    methods: ['get'],
    paths: ['/users/search'],
    summary: 'Find users by a part of their name, or by their exact e-mail address',
    auth: 'none',
    limit: 'read',
    query: z.object({
      query: text(1, 100),
      page: lenientInteger(1, 1, MAX_PAGE),
      limit: lenientInteger(10, 1, 100),
    }),
    success: { status: 200, data: userPage },
    refusals: [{ status: 400, message: 'invalid search query' }],
    invalid: { code: 'search.invalid-query', message: 'invalid search query' },
    compress: true,
  }),
  getUserByUsername: operation({
    id: 'getUserByUsername',
    service,
    tag,
    methods: ['get'],
    paths: ['/users/username/:username'],
    summary: 'Read a profile by username',
    auth: 'optional',
    limit: 'read',
    params: z.object({ username: text(1, 64) }),
    success: { status: 200, data: userView },
    refusals: [notFound],
    etag: true,
  }),
  getUserByEmail: operation({
    id: 'getUserByEmail',
    service,
    tag,
    methods: ['get'],
    paths: ['/users/email/:email'],
    summary: 'Read a profile by its exact e-mail address',
    auth: 'none',
    limit: 'read',
    params: z.object({ email }),
    success: { status: 200, data: userView },
    refusals: [notFound],
    etag: true,
  }),
  getUser: operation({
    id: 'getUser',
    service,
    tag,
    methods: ['get'],
    paths: ['/users/:id'],
    summary: 'Read a profile',
    auth: 'optional',
    limit: 'read',
    params: z.object({ id: pathId }),
    success: { status: 200, data: userView },
    refusals: [notFound],
    etag: true,
  }),
  changeAvatar: operation({
    id: 'changeAvatar',
    service,
    tag,
    methods: ['put'],
    paths: ['/users/avatar'],
    summary: 'Change the avatar of the signed-in user',
    auth: 'user',
    limit: 'write',
    body: z.object({ avatar_url: webUrl(512) }),
    success: { status: 200, data: userView },
    refusals: [notFound],
  }),
  updateUser: operation({
    id: 'updateUser',
    service,
    tag,
    methods: ['put'],
    paths: ['/users/:id'],
    summary: 'Change the own profile',
    auth: 'user',
    limit: 'write',
    params: z.object({ id: pathId }),
    body: z.object(profileChanges),
    success: { status: 200, data: userView },
    refusals: updateErrors,
  }),
  updateUserByBody: operation({
    id: 'updateUserByBody',
    service,
    tag,
    methods: ['put'],
    paths: ['/users'],
    summary: 'Change the own profile, with the id in the body',
    auth: 'user',
    limit: 'write',
    body: z.object({ id: bodyId, ...profileChanges }),
    success: { status: 200, data: userView },
    refusals: updateErrors,
  }),
  deleteUser: operation({
    id: 'deleteUser',
    service,
    tag,
    methods: ['delete'],
    paths: ['/users/:id'],
    summary: 'Delete the own account',
    auth: 'user',
    limit: 'write',
    params: z.object({ id: pathId }),
    success: { status: 204 },
    refusals: [forbidden, notFound],
  }),
}
