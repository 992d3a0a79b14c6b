import { z } from 'zod'
import { id, version } from './fields.ts'

/** What the others keep of a user: login names for auth, the card for everybody else. */
export const userSnapshot = z.object({
  id,
  username: z.string().min(1),
  email: z.string().min(1),
  full_name: z.string().optional(),
  bio: z.string().optional(),
  avatar_url: z.string().optional(),
  version,
})

export type UserSnapshot = z.infer<typeof userSnapshot>
