import type { ServiceClient } from '@pharos/platform/http/client'
import { usersInternalApi } from '@pharos/platform/contracts/internal/users'
import { isAppError, unavailable } from '@pharos/platform/errors'
import type { Profiles } from '../../application/ports.ts'
import { emailTaken, usernameTaken } from '../../domain/faults.ts'

/** The two refusals that decide a registration; any other conflict (the same key under way) is decided later. */
const TAKEN = new Map([usernameTaken, emailTaken].map((fault) => [fault().message, fault]))

const translated = (error: unknown): unknown => {
  if (!isAppError(error) || error.kind === 'unavailable') return error
  if (error.kind === 'conflict') return TAKEN.get(error.message)?.() ?? unavailable('users.undecided', error)
  // Anything but a faulty input is a fault between the two services and no answer to the caller.
  return error.kind === 'invalid' ? error : unavailable('users.refused', error)
}

export const createProfiles = (users: ServiceClient): Profiles => ({
  async create({ id, username, email, full_name, bio, avatar_url }) {
    try {
      return await users.call(usersInternalApi.createProfile, {
        body: { username, email, full_name, bio, avatar_url },
        idempotencyKey: id,
      })
    } catch (error) {
      throw translated(error)
    }
  },
})
