import type { TokenPair } from '@pharos/platform/contracts/http/auth'
import { connectPostgres } from '@pharos/platform/postgres/connect'
import { statement } from '@pharos/platform/postgres/statement'
import type { Clock } from '@pharos/platform/runtime/clock'
import { systemClock } from '@pharos/platform/runtime/clock'
import type { Secret } from '@pharos/platform/runtime/config'
import { createApiClient, somebody, userIdOf } from '@pharos/platform/testing/api-client'
import { refused } from '@pharos/platform/testing/refusals'
import { testDatabase, testRedisUrl } from '@pharos/platform/testing/stores'
import { freePort } from '../../../deploy/local/ports.ts'
import { composeUsers } from '../../users/src/compose.ts'
import { loadConfig as loadUsersConfig } from '../../users/src/config.ts'
import { composeAuth } from '../src/compose.ts'
import { loadConfig } from '../src/config.ts'
import { startUsersGate } from './users-gate.ts'

const migrations = new URL('../migrations/', import.meta.url)
const usersMigrations = new URL('../../users/migrations/', import.meta.url)

export const KEY_ENCRYPTION_SECRET = 'a-secret-that-seals-the-keys-of-a-test'
const SERVICE_TOKEN_SECRET = 'a-secret-that-only-the-services-of-a-test-know'
/** Nobody listens there, so that events stay where they can be counted. */
const NO_BROKER = '127.0.0.1:1'
const SWEEP_AFTER_MS = 300

type Environment = Record<string, string>

const outboxRows = statement('test.auth-outbox', 'SELECT type, key, payload AS data FROM outbox ORDER BY id')

type Options = {
  readonly environment?: Environment
  readonly redisUrl?: Secret
  /** Where auth finds its database, when not where it is. */
  readonly postgresBy?: (url: Secret) => Promise<Secret>
  readonly kafka?: { readonly brokers: readonly string[]; readonly topicPrefix: string }
}

/** Auth and users, whole, on stores of their own, with what a test needs to talk to them and to come between them. */
export const startAuth = async (options: Options = {}) => {
  await using stack = new AsyncDisposableStack()
  const redisUrl = (options.redisUrl ?? testRedisUrl()).reveal()
  const authDatabase = stack.use(await testDatabase({ migrations }))
  const usersDatabase = stack.use(await testDatabase({ migrations: usersMigrations }))
  const gate = stack.use(await startUsersGate())
  const port = await freePort()
  const common = {
    MANAGEMENT_PORT: '0',
    LOG_LEVEL: 'error',
    REDIS_URL: redisUrl,
    KAFKA_BROKERS: options.kafka?.brokers.join(',') ?? NO_BROKER,
    TOPIC_PREFIX: options.kafka?.topicPrefix ?? '',
    SERVICE_TOKEN_SECRET,
  }
  const environment: Environment = {
    ...common,
    PORT: String(port),
    POSTGRES_URL: ((await options.postgresBy?.(authDatabase.url)) ?? authDatabase.url).reveal(),
    USERS_URL: gate.url,
    KEY_ENCRYPTION_SECRET,
    KEY_REFRESH_MS: '100',
    PASSWORD_QUEUE_MAX: '1000',
    FAILURES_PER_ADDRESS: '1000',
    REGISTRATION_SWEEP_AFTER_MS: String(SWEEP_AFTER_MS),
    ...options.environment,
  }
  const usersConfig = loadUsersConfig({
    ...common,
    PORT: '0',
    POSTGRES_URL: usersDatabase.url.reveal(),
    JWKS_URL: `http://127.0.0.1:${port}/.well-known/jwks.json`,
  })
  const users = await composeUsers(usersConfig, stack)
  gate.leadTo(users.url)
  const { url, managementUrl } = await composeAuth(loadConfig(environment), stack)
  const api = stack.use(createApiClient(url))
  const usersApi = stack.use(createApiClient(users.url))
  const connect = { poolMax: 2, applicationName: 'test', statementTimeoutMs: 30_000 }
  const db = stack.use(await connectPostgres({ ...connect, url: authDatabase.url }))

  /** Another instance on the same stores; its clock may be another. */
  const startAnother = async (more: Environment = {}, clock: Clock = systemClock) => {
    const own = new AsyncDisposableStack()
    const config = loadConfig({ ...environment, PORT: '0', ...more })
    try {
      const another = await composeAuth(config, own, clock)
      const client = own.use(createApiClient(another.url))
      return { api: client, url: another.url, [Symbol.asyncDispose]: () => own.disposeAsync() }
    } catch (error) {
      await own.disposeAsync()
      throw error
    }
  }

  /** Somebody with an account, signed in. */
  const join = async (more: Partial<ReturnType<typeof somebody>> = {}) => {
    const person = somebody(more)
    const { status, body, text } = await api.register(person)
    if (status !== 201 || !body?.data) throw new Error(text)
    return { ...person, id: userIdOf(body.data.access_token), tokens: body.data }
  }

  const refresh = (token: string) => api.post<TokenPair>('/auth/refresh', { refresh_token: token })
  const logout = (token: string) => api.post('/auth/logout', { refresh_token: token })
  /** Whether an access token is taken; the body is faulty, so nothing is done with it. */
  const tryToken = (token: string, client = api) => client.put('/auth/update-password', {}, { token })
  const events = () => db.statement<{ type: string; key: string; data: Record<string, unknown> }>(outboxRows, [])
  const metrics = async () => (await fetch(`${managementUrl}/metrics`)).text()

  const closing = stack.move()
  return {
    api,
    usersApi,
    db,
    gate,
    url,
    managementUrl,
    redisUrl,
    startAnother,
    join,
    refresh,
    logout,
    tryToken,
    events,
    metrics,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

export type AuthUnderTest = Awaited<ReturnType<typeof startAuth>>

export const invalidCredentials = refused(401, 'invalid credentials', 'AUTH_INVALID_CREDENTIALS')
export const invalidRefreshToken = refused(401, 'invalid refresh token', 'AUTH_INVALID_REFRESH_TOKEN')
export const tooManyAttempts = refused(429, 'too many attempts', 'AUTH_TOO_MANY_ATTEMPTS')
export const usernameTaken = refused(409, 'username already exists', 'USER_USERNAME_EXISTS')
export const emailTaken = refused(409, 'email already exists', 'USER_EMAIL_EXISTS')
