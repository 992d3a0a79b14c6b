import type { EventContract } from './events/define.ts'
import { followCreated } from './events/follow-created.v1.ts'
import { followDeleted } from './events/follow-deleted.v1.ts'
import { followersGathered } from './events/followers-gathered.v1.ts'
import { notificationCreated } from './events/notification-created.v1.ts'
import { notificationFannedOut } from './events/notification-fanned-out.v1.ts'
import { notificationRead } from './events/notification-read.v1.ts'
import { passwordChanged } from './events/password-changed.v1.ts'
import { postCreated } from './events/post-created.v1.ts'
import { postDeleted } from './events/post-deleted.v1.ts'
import { postUpdated } from './events/post-updated.v1.ts'
import { sessionReuseDetected } from './events/session-reuse-detected.v1.ts'
import { userCreated } from './events/user-created.v1.ts'
import { userDeleted } from './events/user-deleted.v1.ts'
import { userLocked } from './events/user-locked.v1.ts'
import { userUpdated } from './events/user-updated.v1.ts'

type Catalogued = { readonly contract: Pick<EventContract, 'type' | 'topic' | 'schema'>; readonly summary: string }

/** Every event that a service publishes. */
export const eventCatalogue: readonly Catalogued[] = [
  { contract: userCreated, summary: 'Somebody has registered' },
  { contract: userUpdated, summary: 'A profile or a login name has changed' },
  { contract: userDeleted, summary: 'An account is gone' },
  { contract: sessionReuseDetected, summary: 'A refresh token was used a second time; its session is revoked' },
  { contract: passwordChanged, summary: 'A password was changed, and sessions were revoked with it' },
  { contract: userLocked, summary: 'Logins of an account are refused for a while' },
  { contract: postCreated, summary: 'Somebody has published a post' },
  { contract: postUpdated, summary: 'A post has changed' },
  { contract: postDeleted, summary: 'A post is gone' },
  { contract: followCreated, summary: 'Somebody follows somebody from now on' },
  { contract: followDeleted, summary: 'Somebody follows somebody no more' },
  { contract: followersGathered, summary: 'Some of those who are to hear of a post' },
  { contract: notificationCreated, summary: 'One user has one more notification' },
  { contract: notificationFannedOut, summary: 'Many users have the same notification, each one of his own' },
  { contract: notificationRead, summary: 'A user has read one notification, or all up to one' },
]
