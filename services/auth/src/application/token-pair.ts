import { randomUUID } from 'node:crypto'
import type { TokenPair } from '@pharos/platform/contracts/http/auth'
import type { Role } from '../domain/account.ts'
import { ACCESS_TOKEN_SECONDS, refreshExpiry } from '../domain/session.ts'
import type { NewSession } from '../domain/session.ts'
import type { AccessTokens, RefreshTokens } from './ports.ts'

/** A session to be stored, and the refresh token that only its owner will know. */
export const beginSession = (refreshTokens: RefreshTokens, at: Date): { session: NewSession; refreshToken: string } => {
  const { token, hash } = refreshTokens.make()
  return { session: { id: randomUUID(), tokenHash: hash, at, expiresAt: refreshExpiry(at) }, refreshToken: token }
}

export const tokenPair = async (
  accessTokens: AccessTokens,
  bearer: { readonly userId: number; readonly sessionId: string; readonly role: Role },
  refreshToken: string,
): Promise<TokenPair> => ({
  access_token: await accessTokens.issue(bearer),
  refresh_token: refreshToken,
  token_type: 'Bearer',
  expires_in: ACCESS_TOKEN_SECONDS,
})
