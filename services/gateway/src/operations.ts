import { authApi } from '@pharos/platform/contracts/http/auth'
import type { Operation } from '@pharos/platform/contracts/http/define'
import { liveApi } from '@pharos/platform/contracts/http/live'
import { notificationsApi } from '@pharos/platform/contracts/http/notifications'
import { postsApi } from '@pharos/platform/contracts/http/posts'
import { relationsApi } from '@pharos/platform/contracts/http/relations'
import { usersApi } from '@pharos/platform/contracts/http/users'

/** Everything that is reachable from outside, and in which service it lives. The first that matches a path answers. */
export const publicOperations: readonly Operation[] = [
  ...Object.values(usersApi),
  ...Object.values(authApi),
  ...Object.values(postsApi),
  ...Object.values(relationsApi),
  // Before the notifications that are read by id: `stream` is none.
  ...Object.values(liveApi),
  ...Object.values(notificationsApi),
]
