import { AppError } from '@pharos/platform/errors'

export const postNotFound = (): AppError => new AppError('not-found', 'post.not-found', 'post not found')
export const forbidden = (): AppError => new AppError('forbidden', 'forbidden', 'forbidden')
/** Who asks has no account any more, though the token still holds. */
export const accountGone = (): AppError => new AppError('unauthenticated', 'unauthenticated', 'unauthenticated')
