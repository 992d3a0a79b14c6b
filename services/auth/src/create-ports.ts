import type { ServiceClient } from '@pharos/platform/http/client'
import type { Database } from '@pharos/platform/postgres/connect'
import type { RedisConnection } from '@pharos/platform/redis/connect'
import type { Clock } from '@pharos/platform/runtime/clock'
import type { KeyRing } from './adapters/keys/key-ring.ts'
import { createAccessTokens, refreshTokens } from './adapters/keys/tokens.ts'
import { createMemoryCounting } from './adapters/memory/counting.ts'
import { createArgon2Passwords } from './adapters/passwords/argon2-passwords.ts'
import { createAccounts } from './adapters/postgres/accounts.ts'
import type { Models } from './adapters/postgres/models.ts'
import { createRegistrations } from './adapters/postgres/registrations.ts'
import { createSessions } from './adapters/postgres/sessions.ts'
import { createAttempts } from './adapters/redis/attempts.ts'
import { createRedisCounting, withFallback } from './adapters/redis/redis-counting.ts'
import { signals } from './adapters/telemetry.ts'
import { createProfiles } from './adapters/users/profiles.ts'
import type { Revocations } from './application/ports.ts'
import type { UseCasePorts } from './application/use-cases.ts'
import { limitsOf } from './config.ts'
import type { AuthConfig } from './config.ts'
import { passwordRule } from './domain/password.ts'

type Connections = {
  readonly db: Database
  readonly models: Models
  readonly redis: RedisConnection
  readonly users: ServiceClient
  readonly keys: KeyRing
  readonly revocations: Revocations
  readonly clock: Clock
}

/** What the use cases are made from, each port by its adapter. */
export const createPorts = async (config: AuthConfig, connections: Connections): Promise<UseCasePorts> => {
  const { db, models, redis, users, keys, revocations, clock } = connections
  return {
    accounts: createAccounts(db, models),
    sessions: createSessions(db),
    registrations: createRegistrations(db, models, { clock, sweepAfterMs: config.REGISTRATION_SWEEP_AFTER_MS }),
    profiles: createProfiles(users),
    passwords: await createArgon2Passwords({
      concurrency: config.PASSWORD_CONCURRENCY,
      queueMax: config.PASSWORD_QUEUE_MAX,
    }),
    attempts: createAttempts({
      counting: withFallback(createRedisCounting(redis), createMemoryCounting(clock)),
      limits: limitsOf(config),
      secret: config.KEY_ENCRYPTION_SECRET,
      clock,
    }),
    refreshTokens,
    accessTokens: createAccessTokens({ keys, issuer: config.JWT_ISSUER, audience: config.JWT_AUDIENCE, clock }),
    revocations,
    signals,
    clock,
    allowPassword: passwordRule({ denyCommon: config.DENY_COMMON_PASSWORDS }),
    hideAccounts: config.AUTH_HIDE_ACCOUNTS,
  }
}
