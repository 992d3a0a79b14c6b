import type { TokenPair } from '@pharos/platform/contracts/http/auth'
import type { NewAccount } from '../domain/account.ts'
import { openProfile } from './open-account.ts'
import type { OpenAccountPorts } from './open-account.ts'
import type { AccessTokens, RefreshTokens } from './ports.ts'
import { beginSession, tokenPair } from './token-pair.ts'

type Ports = OpenAccountPorts & { readonly accessTokens: AccessTokens; readonly refreshTokens: RefreshTokens }

/** Creates an account and signs its owner in. */
export const register =
  (ports: Ports) =>
  async (account: NewAccount): Promise<TokenPair> => {
    const { registration, profile } = await openProfile(ports, account)
    const { session, refreshToken } = beginSession(ports.refreshTokens, ports.clock.now())
    await ports.registrations.complete(registration.id, profile, session)
    const bearer = { userId: profile.id, sessionId: session.id, role: 'user' } as const
    return tokenPair(ports.accessTokens, bearer, refreshToken)
  }
