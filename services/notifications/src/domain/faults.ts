import { AppError } from '@pharos/platform/errors'

export const notificationNotFound = (): AppError =>
  new AppError('not-found', 'notification.not-found', 'notification not found')
export const accessDenied = (): AppError =>
  new AppError('forbidden', 'notification.access-denied', 'access to notification denied')
export const userNotFound = (): AppError => new AppError('not-found', 'user.not-found', 'user not found')
