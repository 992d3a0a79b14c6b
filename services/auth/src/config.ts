import { availableParallelism } from 'node:os'
import { z } from 'zod'
import {
  kafkaSettings,
  listenSettings,
  onOff,
  parseConfig,
  postgresSettings,
  redisSettings,
  secret,
  serviceTokenSettings,
  tokenSettings,
} from '@pharos/platform/runtime/config'
import { ACCOUNT_FAILURES, WINDOW_MS } from './domain/lock-out.ts'
import type { AttemptLimits } from './domain/lock-out.ts'
import { ACCESS_TOKEN_SECONDS } from './domain/session.ts'
import type { RotationPolicy } from './domain/signing-key.ts'

/** libuv has four threads; one is left for what else needs them, such as signing the tokens. */
const THREADS = Math.min(availableParallelism(), 3)

const schema = z.object({
  ...listenSettings(8082),
  ...postgresSettings,
  ...redisSettings,
  ...kafkaSettings,
  ...tokenSettings,
  ...serviceTokenSettings,
  USERS_URL: z.url().default('http://127.0.0.1:8081'),
  KEY_ENCRYPTION_SECRET: secret(z.string().min(32, 'at least 32 characters')),
  KEY_ROTATION_DAYS: z.coerce.number().min(1).max(365).default(30),
  KEY_PUBLISH_AHEAD_HOURS: z.coerce.number().min(1).max(168).default(24),
  KEY_REFRESH_MS: z.coerce.number().int().min(50).max(600_000).default(60_000),
  AUTH_HIDE_ACCOUNTS: z.stringbool().default(false),
  DENY_COMMON_PASSWORDS: onOff('off'),
  PASSWORD_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(THREADS),
  PASSWORD_QUEUE_MAX: z.coerce.number().int().min(0).max(10_000).default(64),
  RATE_LIMIT: onOff('on'),
  FAILURES_PER_ADDRESS: z.coerce.number().int().min(1).default(50),
  REGISTRATION_SWEEP_AFTER_MS: z.coerce.number().int().min(50).max(600_000).default(10_000),
})

export type AuthConfig = Readonly<z.output<typeof schema>>

export const loadConfig = (env: NodeJS.ProcessEnv): AuthConfig => parseConfig(schema, env)

const HOUR_MS = 60 * 60_000
const CLOCK_MARGIN_MS = 60_000

export const rotationPolicyOf = (config: AuthConfig): RotationPolicy => ({
  rotateAfterMs: config.KEY_ROTATION_DAYS * 24 * HOUR_MS,
  publishAheadMs: config.KEY_PUBLISH_AHEAD_HOURS * HOUR_MS,
  publishAfterMs: ACCESS_TOKEN_SECONDS * 1_000 + CLOCK_MARGIN_MS,
})

export const limitsOf = ({ RATE_LIMIT, FAILURES_PER_ADDRESS }: AuthConfig): AttemptLimits => ({
  perAccount: ACCOUNT_FAILURES,
  perAddress: RATE_LIMIT ? FAILURES_PER_ADDRESS : undefined,
  windowMs: WINDOW_MS,
})
