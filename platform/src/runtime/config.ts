import { z } from 'zod'

/** A value that prints as `[redacted]` wherever it ends up: logs, JSON, template strings, `util.inspect`. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[redacted]'
  }
}

/** A zod type whose output is a `Secret`. */
export const secret = (schema: z.ZodString = z.string().min(1)) => schema.transform((value) => new Secret(value))

/** The environment does not fit the schema; the message names every fault and never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Checks `env` against `schema` and returns the result, frozen. Empty variables count as absent.
 * @throws ConfigError naming every faulty variable in one message
 */
export const parseConfig = <S extends z.ZodType>(schema: S, env: NodeJS.ProcessEnv): Readonly<z.output<S>> => {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = schema.safeParse(given)
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(all)'}: ${issue.message}`)
    throw new ConfigError(`The configuration is not usable; set these environment variables:\n${faults.join('\n')}`)
  }
  return Object.freeze(parsed.data)
}

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback)

/** An `on`/`off` switch that becomes a boolean. */
export const onOff = (fallback: 'on' | 'off') =>
  z
    .enum(['on', 'off'])
    .default(fallback)
    .transform((value) => value === 'on')

const commaList = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
)

export const listenSettings = (httpPort: number) => ({
  HOST: z.string().default('127.0.0.1'),
  PORT: port(httpPort),
  MANAGEMENT_PORT: port(httpPort + 1000),
  LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
  /** `on` lets the management port break this process on purpose (faults/). */
  FAULTS: onOff('off'),
  /** Flags to begin with, in place of those in faults/flags.flagd.json. */
  FAULTS_FILE: z.string().optional(),
})

export const postgresSettings = {
  POSTGRES_URL: secret(z.string().regex(/^postgres(ql)?:\/\//, 'expected postgres://user:password@host:port/database')),
  POSTGRES_POOL_MAX: z.coerce.number().int().min(1).max(200).default(10),
}

export const redisSettings = {
  REDIS_URL: secret(z.string().regex(/^rediss?:\/\//, 'expected redis://[:password@]host:port')),
}

export const kafkaSettings = {
  KAFKA_BROKERS: commaList.pipe(z.array(z.string().regex(/^[^:]+:\d+$/, 'expected host:port')).min(1)),
  TOPIC_PREFIX: z
    .string()
    .regex(/^[a-z0-9.-]*$/)
    .default(''),
}

/** What verifying an access token needs; every service but auth, which signs them, takes the keys from `JWKS_URL`. */
export const tokenSettings = {
  JWT_ISSUER: z.string().default('pharos'),
  JWT_AUDIENCE: z.string().default('pharos'),
}

export const jwksSettings = { JWKS_URL: z.url().default('http://127.0.0.1:8082/.well-known/jwks.json') }

/** The secret by which services prove to each other who they are. */
export const serviceTokenSettings = {
  SERVICE_TOKEN_SECRET: secret(z.string().min(32, 'at least 32 characters')),
}

export const originList = commaList
