import { AppError } from '@pharos/platform/errors'

/*
 * What auth refuses, in the words of the public API. A refusal never says which part of a credential was wrong.
 */
export const invalidCredentials = (): AppError =>
  new AppError('unauthenticated', 'auth.invalid-credentials', 'invalid credentials')

export const invalidRefreshToken = (): AppError =>
  new AppError('unauthenticated', 'auth.invalid-refresh-token', 'invalid refresh token')

export const userNotFound = (): AppError => new AppError('not-found', 'user.not-found', 'user not found')

export const usernameTaken = (): AppError => new AppError('conflict', 'user.username-exists', 'username already exists')

export const emailTaken = (): AppError => new AppError('conflict', 'user.email-exists', 'email already exists')

export const tooManyAttempts = (retryAfterSeconds: number): AppError =>
  new AppError('too-many', 'auth.too-many-attempts', 'too many attempts', { retryAfterSeconds })

export const commonPassword = (path: string): AppError =>
  new AppError('invalid', 'validation-failed', 'validation failed', {
    details: [{ path, message: 'is one of the most common passwords' }],
  })
