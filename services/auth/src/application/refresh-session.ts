import type { TokenPair } from '@pharos/platform/contracts/http/auth'
import { invalidRefreshToken } from '../domain/faults.ts'
import { refreshExpiry } from '../domain/session.ts'
import type { AccessTokens, AuthSignals, Clock, RefreshTokens, Revocations, Sessions } from './ports.ts'
import { refuseToken } from './refuse-token.ts'
import { tokenPair } from './token-pair.ts'

type Ports = {
  readonly sessions: Sessions
  readonly refreshTokens: RefreshTokens
  readonly accessTokens: AccessTokens
  readonly revocations: Revocations
  readonly signals: AuthSignals
  readonly clock: Clock
}

/** Exchanges a refresh token, once, for a new pair of the same session. */
export const refreshSession =
  (ports: Ports) =>
  async (token: string): Promise<TokenPair> => {
    const { sessions, refreshTokens, accessTokens, revocations, clock } = ports
    const hash = refreshTokens.hashOf(token)
    const now = clock.now()
    const next = refreshTokens.make()
    const bearer = await sessions.rotate(hash, { tokenHash: next.hash, at: now, expiresAt: refreshExpiry(now) })
    if (!bearer) return refuseToken(ports, await sessions.judge(hash, now))
    if (revocations.isUserRevoked(bearer.userId)) throw invalidRefreshToken()
    return tokenPair(accessTokens, bearer, next.token)
  }
