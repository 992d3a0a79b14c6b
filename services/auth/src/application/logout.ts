import type { AuthSignals, Clock, RefreshTokens, Revocations, Sessions } from './ports.ts'
import { refuseToken } from './refuse-token.ts'

type Ports = {
  readonly sessions: Sessions
  readonly refreshTokens: RefreshTokens
  readonly revocations: Revocations
  readonly signals: AuthSignals
  readonly clock: Clock
}

/** Ends the session of a refresh token, with the access tokens it gave. */
export const logout =
  (ports: Ports) =>
  async (token: string): Promise<void> => {
    const presented = await ports.sessions.end(ports.refreshTokens.hashOf(token), ports.clock.now())
    if (presented.outcome !== 'accepted') return refuseToken(ports, presented)
    await ports.revocations.revokeSessions([presented.sessionId])
  }
