import type { TokenPair } from '@pharos/platform/contracts/http/auth'
import type { Account } from '../domain/account.ts'
import { invalidCredentials, userNotFound } from '../domain/faults.ts'
import { checkPassword } from './check-password.ts'
import type {
  AccessTokens,
  Accounts,
  Attempts,
  AuthSignals,
  Clock,
  Passwords,
  RefreshTokens,
  Revocations,
  Sessions,
} from './ports.ts'
import { beginSession, tokenPair } from './token-pair.ts'

type Ports = {
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly passwords: Passwords
  readonly attempts: Attempts
  readonly accessTokens: AccessTokens
  readonly refreshTokens: RefreshTokens
  readonly revocations: Revocations
  readonly signals: AuthSignals
  readonly clock: Clock
  /** Answers an unknown login like a wrong password, in the same time. */
  readonly hideAccounts: boolean
}

type Credentials = { readonly login: string; readonly password: string; readonly address: string }

/** Signs somebody in by username or e-mail address. */
export const login =
  (ports: Ports) =>
  async ({ login: name, password, address }: Credentials): Promise<TokenPair> => {
    const { accounts, attempts, revocations, accessTokens, refreshTokens, sessions, clock } = ports
    const found = await accounts.findByLogin(name)
    // A delete revokes the user before its event arrives here.
    const known = found && !revocations.isUserRevoked(found.userId) ? found : undefined
    const account = await attempts.make(
      { account: known?.userId ?? name.toLowerCase(), address },
      async (locksUntil) => {
        if (!known) return refuseUnknown(ports, password)
        await checkPassword(ports)(known, password, locksUntil)
        return known
      },
    )

    const { session, refreshToken } = beginSession(refreshTokens, clock.now())
    if (!(await sessions.open(account, session))) throw invalidCredentials()
    await renewHash(ports, account, password)
    return tokenPair(accessTokens, { ...account, sessionId: session.id }, refreshToken)
  }

const refuseUnknown = async ({ passwords, hideAccounts }: Ports, password: string): Promise<never> => {
  if (!hideAccounts) throw userNotFound()
  await passwords.verifyNothing(password)
  throw invalidCredentials()
}

/** The only moment at which a password is known and may move to newer parameters; a failure is no reason to refuse. */
const renewHash = async (
  { passwords, accounts, signals }: Ports,
  account: Account,
  password: string,
): Promise<void> => {
  if (!passwords.isOutdated(account.passwordHash)) return
  try {
    await accounts.rehash(account.userId, account.passwordHash, await passwords.hash(password))
  } catch (error) {
    signals.rehashFailed(account.userId, error)
  }
}
