import { accessDenied, notificationNotFound } from './faults.ts'

export type UserId = number
export type NotificationId = number

/** The ids of one user grow in the order in which the notifications came to be, so the highest is the newest. */
export type Notification = {
  readonly id: NotificationId
  readonly userId: UserId
  readonly type: string
  readonly isRead: boolean
  readonly createdAt: Date
  /** JSON text: it is passed on as it was given, and nothing here looks into it. */
  readonly payload: string | undefined
}

/** `payload` is JSON text. */
export type NewNotification = { readonly recipient: UserId; readonly type: string; readonly payload: string }

/**
 * A notification is its recipient's alone. `owner` is undefined when there is none.
 * @throws AppError `not-found` before `forbidden`
 */
export const mustBeOwn = (user: UserId, owner: UserId | undefined): void => {
  if (owner === undefined) throw notificationNotFound()
  if (owner !== user) throw accessDenied()
}

/** None when there is nothing to show. */
export const pagesOf = (total: number, limit: number): number => Math.ceil(total / limit)
