import { authApi } from '@pharos/platform/contracts/http/auth'
import type { Operation } from '@pharos/platform/contracts/http/define'
import { notificationsApi } from '@pharos/platform/contracts/http/notifications'
import { postsApi } from '@pharos/platform/contracts/http/posts'
import { relationsApi } from '@pharos/platform/contracts/http/relations'
import { usersApi } from '@pharos/platform/contracts/http/users'
import type { ServiceName } from '../../local/services.ts'
import type { Ask } from '../join/caller.ts'
import type { Expected } from '../join/expectations.ts'
import type { Member } from '../join/people.ts'

/** A request through the gateway that a service answers, well or, while it is made to fail, with a fault. */
export type Probe = { operation: Operation; ask: Ask; well: Expected; failing: Expected }

/** One for each service. `me` asks, and has a profile, a list of followers and an inbox. */
export const probesOf = (me: Member): Readonly<Record<ServiceName, Probe>> => {
  const from = me.address
  return {
    gateway: {
      operation: postsApi.listPosts,
      ask: { query: { limit: 1 }, from },
      well: 'listPosts 200',
      failing: 'listPosts 500 in the gateway',
    },
    users: {
      operation: usersApi.getUser,
      ask: { params: { id: me.id }, from },
      well: 'getUser 200',
      failing: 'getUser 500 in users',
    },
    auth: {
      operation: authApi.login,
      ask: { body: { login: me.username, password: me.password } },
      well: 'login 200',
      failing: 'login 500 in auth',
    },
    posts: {
      operation: postsApi.listPosts,
      ask: { query: { author_id: me.id }, from },
      well: 'listPosts 200',
      failing: 'listPosts 500 in posts',
    },
    notifications: {
      operation: notificationsApi.countUnread,
      ask: { token: me.access, from },
      well: 'countUnread 200',
      failing: 'countUnread 500 in notifications',
    },
    relations: {
      operation: relationsApi.listFollowers,
      ask: { params: { user_id: me.id }, from },
      well: 'listFollowers 200',
      failing: 'listFollowers 500 in relations',
    },
  }
}
