import { forbidden } from './faults.ts'
import type { User, UserId } from './user.ts'

/** Who asks. */
export type Viewer = { readonly userId: UserId; readonly role: 'user' | 'admin' }

/** An address is shown to its owner and to admins. */
export const maySeeEmail = (viewer: Viewer | undefined, user: User): boolean =>
  viewer !== undefined && (viewer.userId === user.id || viewer.role === 'admin')

/** A profile belongs to its owner alone, whatever the role of who asks. @throws AppError `forbidden` */
export const mustBeSelf = (viewer: Viewer, id: UserId): void => {
  if (viewer.userId !== id) throw forbidden()
}
