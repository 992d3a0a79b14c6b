import type { ApiAnswer } from './api-client.ts'

/** What of an error answer the contract fixes. */
export const refusal = ({ status, body }: ApiAnswer) => ({
  status,
  message: body?.message,
  error: body?.error,
  code: body?.code,
})

/** The refusal with this status, text and code. */
export const refused = (status: number, message: string, code: string) => ({ status, message, error: message, code })

export const validationFailed = refused(400, 'validation failed', 'VALIDATION_FAILED')
export const invalidInput = refused(400, 'invalid input', 'INVALID_INPUT')
export const unauthenticated = refused(401, 'unauthenticated', 'UNAUTHENTICATED')
export const invalidToken = refused(401, 'invalid token', 'INVALID_TOKEN')
export const tokenExpired = refused(401, 'token expired', 'TOKEN_EXPIRED')
export const forbidden = refused(403, 'forbidden', 'FORBIDDEN')
export const userNotFound = refused(404, 'user not found', 'USER_NOT_FOUND')
