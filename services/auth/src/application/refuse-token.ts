import { invalidRefreshToken } from '../domain/faults.ts'
import type { Presented } from '../domain/session.ts'
import type { AuthSignals, Revocations } from './ports.ts'

/**
 * Answers a refresh token that is not good. One that was spent before is in two hands: its session has been ended, and
 * the access tokens of that session end here.
 */
export const refuseToken = async (
  { revocations, signals }: { readonly revocations: Revocations; readonly signals: AuthSignals },
  presented: Presented,
): Promise<never> => {
  if (presented.outcome === 'reused') {
    signals.refreshTokenReused(presented)
    await revocations.revokeSessions([presented.sessionId])
  }
  throw invalidRefreshToken()
}
