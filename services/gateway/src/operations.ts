import { authApi } from '@pharos/platform/contracts/http/auth'
import type { Operation } from '@pharos/platform/contracts/http/define'
import { usersApi } from '@pharos/platform/contracts/http/users'

/** Everything that is reachable from outside, and in which service it lives. */
export const publicOperations: readonly Operation[] = [...Object.values(usersApi), ...Object.values(authApi)]
