import type { AllowPassword } from '../domain/password.ts'
import { createUser } from './create-user.ts'
import { login } from './login.ts'
import { logout } from './logout.ts'
import type * as Port from './ports.ts'
import { refreshSession } from './refresh-session.ts'
import { register } from './register.ts'
import { updatePassword } from './update-password.ts'

export type UseCasePorts = {
  readonly accounts: Port.Accounts
  readonly sessions: Port.Sessions
  readonly registrations: Port.Registrations
  readonly profiles: Port.Profiles
  readonly passwords: Port.Passwords
  readonly attempts: Port.Attempts
  readonly refreshTokens: Port.RefreshTokens
  readonly accessTokens: Port.AccessTokens
  readonly revocations: Port.Revocations
  readonly signals: Port.AuthSignals
  readonly clock: Port.Clock
  readonly allowPassword: AllowPassword
  /** Answers an unknown login like a wrong password, in the same time. */
  readonly hideAccounts: boolean
}

/** What the public API asks of auth. */
export const createUseCases = (ports: UseCasePorts) => ({
  register: register(ports),
  createUser: createUser(ports),
  login: login(ports),
  refresh: refreshSession(ports),
  logout: logout(ports),
  updatePassword: updatePassword(ports),
})

export type UseCases = ReturnType<typeof createUseCases>
