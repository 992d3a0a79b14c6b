import { z } from 'zod'
import { operation } from './define.ts'
import { email, text, webUrl } from './fields.ts'
import { username, userView } from './users.ts'

const password = text(6, 128)

export const tokenPair = z
  .object({
    access_token: z.string(),
    refresh_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'seconds until the access token expires' }),
  })
  .meta({ id: 'TokenPair' })
export type TokenPair = z.output<typeof tokenPair>

const registration = z.object({
  username,
  email,
  password,
  full_name: text(0, 100).optional(),
  bio: text(0, 500).optional(),
  avatar_url: webUrl(512).optional(),
})

const tag = 'auth'
const service = 'auth'
const invalidCredentials = { status: 401, message: 'invalid credentials' } as const
const invalidRefreshToken = { status: 401, message: 'invalid refresh token' } as const
const tooManyAttempts = { status: 429, message: 'too many attempts' } as const
const taken = [
  { status: 409, message: 'username already exists' },
  { status: 409, message: 'email already exists' },
] as const

const refreshTokenBody = z.object({ refresh_token: text(1, 512) })

export const authApi = {
  register: operation({
    id: 'register',
    service,
    tag,
    methods: ['post'],
    paths: ['/auth/register'],
    summary: 'Create an account and sign in',
    auth: 'none',
    limit: 'credentials',
    body: registration,
    success: { status: 201, data: tokenPair },
    refusals: [...taken],
    idempotent: true,
  }),
  createUser: operation({
    id: 'createUser',
    service,
    tag: 'users',
    methods: ['post'],
    paths: ['/users'],
    summary: 'Create an account for somebody else; it can log in',
    auth: 'user',
    limit: 'credentials',
    body: registration,
    success: { status: 201, data: userView },
    refusals: [...taken],
    idempotent: true,
  }),
  login: operation({
    id: 'login',
    service,
    tag,
    methods: ['post'],
    paths: ['/auth/login'],
    summary: 'Sign in by username or e-mail address',
    auth: 'none',
    limit: 'credentials',
    body: z.object({ login: text(1, 254), password: text(1, 1_024) }),
    success: { status: 200, data: tokenPair },
    refusals: [invalidCredentials, { status: 404, message: 'user not found' }, tooManyAttempts],
  }),
  refresh: operation({
    id: 'refresh',
    service,
    tag,
    methods: ['post'],
    paths: ['/auth/refresh'],
    summary: 'Exchange a refresh token for a new pair; it is valid once',
    auth: 'none',
    limit: 'write',
    body: refreshTokenBody,
    success: { status: 200, data: tokenPair },
    refusals: [invalidRefreshToken],
  }),
  logout: operation({
    id: 'logout',
    service,
    tag,
    methods: ['post'],
    paths: ['/auth/logout'],
    summary: 'End the session of a refresh token',
    auth: 'none',
    limit: 'write',
    body: refreshTokenBody,
    success: { status: 200 },
    refusals: [invalidRefreshToken],
  }),
  updatePassword: operation({
    id: 'updatePassword',
    service,
    tag,
    methods: ['post', 'put'],
    paths: ['/auth/update-password'],
    summary: 'Set a new password; every session of the account ends',
    auth: 'user',
    limit: 'credentials',
    body: z.object({ old_password: text(1, 1_024), new_password: password }),
    success: { status: 200, message: 'Password updated successfully' },
    refusals: [invalidCredentials, tooManyAttempts],
  }),
}
