import { z } from 'zod'
import { operation } from '../http/define.ts'
import { email, pathId, text, webUrl } from '../http/fields.ts'
import { username, userView } from '../http/users.ts'

/** What other services may keep of a user; `version` grows with every change of the profile. */
export const userCard = z.object({
  id: z.int(),
  username: z.string(),
  email: z.string(),
  full_name: z.string().optional(),
  bio: z.string().optional(),
  avatar_url: z.string().optional(),
  version: z.int(),
})
export type UserCard = z.output<typeof userCard>

const service = 'users'
const tag = 'internal'

/** What services ask of users. Never reachable through the gateway. */
export const usersInternalApi = {
  createProfile: operation({
    id: 'createProfile',
    service,
    tag,
    methods: ['post'],
    paths: ['/internal/users'],
    summary: 'Create a profile at registration; the same Idempotency-Key gives the same profile',
    auth: 'service',
    limit: 'write',
    body: z.object({
      username,
      email,
      full_name: text(0, 100).optional(),
      bio: text(0, 500).optional(),
      avatar_url: webUrl(512).optional(),
    }),
    success: { status: 201, data: userView },
    refusals: [
      { status: 409, message: 'username already exists' },
      { status: 409, message: 'email already exists' },
    ],
  }),
  getCard: operation({
    id: 'getCard',
    service,
    tag,
    methods: ['get'],
    paths: ['/internal/users/:id'],
    summary: 'Read the card of a user',
    auth: 'service',
    limit: 'read',
    params: z.object({ id: pathId }),
    success: { status: 200, data: userCard },
    refusals: [{ status: 404, message: 'user not found' }],
  }),
}
