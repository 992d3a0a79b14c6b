import type { Fault } from '../fault.ts'
import { eventsLate } from './following.ts'

/** What somebody does to the platform from outside, and what guards it. */
export const security: readonly Fault[] = [
  {
    name: 'signing-key-expiring',
    breaks: 'The key that signs tokens ends in six hours and its successor is not published: then nobody can sign in.',
    see: { dashboard: 'pharos-business', panel: 'Credentials' },
    injection: { by: 'attack', name: 'expiring-signing-key' },
    sli: { query: 'min(auth_signing_key_expires_seconds)', is: 'below', bound: 43_200 },
    alerts: [{ alert: 'AuthKeyExpiring', service: 'auth', withinSeconds: 160 }],
    // Auth is started with another setting, as another version.
    mayFire: eventsLate('auth'),
    hard: false,
  },
  {
    name: 'login-brute-force',
    breaks:
      'Somebody guesses passwords from eight addresses; an account that is guessed at is locked for its owner too.',
    see: { dashboard: 'pharos-business', panel: 'Refused logins' },
    injection: { by: 'attack', name: 'brute-force-login' },
    sli: {
      query: 'sum(increase(auth_attempts_total{operation="login",outcome!="ok"}[1m]))',
      is: 'above',
      bound: 5,
    },
    alerts: [{ alert: 'LoginFailureSpike', service: 'auth', withinSeconds: 120 }],
    // Where a machine has one address of its own, as macOS, the eight are one.
    mayFire: [{ alert: 'RateLimitSpike', service: 'gateway' }],
    hard: false,
  },
  {
    name: 'refresh-token-theft',
    breaks: 'Refresh tokens are used a second time, as stolen ones are: their sessions end for thief and owner.',
    see: { dashboard: 'pharos-business', panel: 'Credentials' },
    injection: { by: 'attack', name: 'refresh-token-theft' },
    sli: { query: 'sum(increase(auth_refresh_reuse_total[1m]))', is: 'above', bound: 0 },
    alerts: [{ alert: 'RefreshTokenReuse', service: 'auth', withinSeconds: 60 }],
    hard: false,
  },
  {
    name: 'flood',
    breaks: 'One address asks for posts forty times a second; the gateway refuses what is beyond its limit.',
    see: { dashboard: 'pharos-service', panel: 'Shed, limited, retried' },
    injection: { by: 'attack', name: 'flood' },
    sli: { query: 'sum(rate(rate_limit_decisions_total{decision="limited"}[30s]))', is: 'above', bound: 0.5 },
    alerts: [{ alert: 'RateLimitSpike', service: 'gateway', withinSeconds: 100 }],
    hard: false,
  },
]
