import { AppError } from '@pharos/platform/errors'

export const userNotFound = (): AppError => new AppError('not-found', 'user.not-found', 'user not found')
export const forbidden = (): AppError => new AppError('forbidden', 'forbidden', 'forbidden')
export const usernameTaken = (): AppError => new AppError('conflict', 'user.username-exists', 'username already exists')
export const emailTaken = (): AppError => new AppError('conflict', 'user.email-exists', 'email already exists')
