import { randomUUID } from 'node:crypto'
import type { UserView } from '@pharos/platform/contracts/http/users'
import { createServiceTokens } from '@pharos/platform/http/service-token'
import { connectPostgres } from '@pharos/platform/postgres/connect'
import type { Database } from '@pharos/platform/postgres/connect'
import { statement } from '@pharos/platform/postgres/statement'
import { Secret } from '@pharos/platform/runtime/config'
import { createApiClient, somebody } from '@pharos/platform/testing/api-client'
import type { ApiAnswer } from '@pharos/platform/testing/api-client'
import { testDatabase, testRedisUrl } from '@pharos/platform/testing/stores'
import { composeUsers } from '../src/compose.ts'
import { loadConfig } from '../src/config.ts'
import { startTokenIssuer } from '@pharos/platform/testing/token-issuer'

const SERVICE_SECRET = 'a-secret-that-only-the-services-of-a-test-know'
/** Nobody listens there, so that events stay where they can be counted. */
const NO_BROKER = '127.0.0.1:1'

export type Person = { readonly username: string; readonly email: string } & {
  readonly [K in 'full_name' | 'bio' | 'avatar_url']?: string
}
export type StoredEvent = { readonly type: string; readonly key: string; readonly data: Record<string, unknown> }

const outboxRows = statement('test.outbox', 'SELECT type, key, payload AS data FROM outbox ORDER BY id')

export const migrations = new URL('../migrations/', import.meta.url)

type Issuer = Awaited<ReturnType<typeof startTokenIssuer>>
type Options = { readonly postgresUrl?: Secret; readonly redisUrl?: Secret; readonly issuer?: Issuer }

/** The whole service on stores of its own, with what a test needs to talk to it. */
export const startUsers = async (options: Options = {}) => {
  await using stack = new AsyncDisposableStack()
  const postgresUrl = options.postgresUrl ?? stack.use(await testDatabase({ migrations })).url
  const redisUrl = options.redisUrl ?? testRedisUrl()
  const issuer = options.issuer ?? stack.use(await startTokenIssuer())
  const config = loadConfig({
    PORT: '0',
    MANAGEMENT_PORT: '0',
    LOG_LEVEL: 'error',
    POSTGRES_URL: postgresUrl.reveal(),
    REDIS_URL: redisUrl.reveal(),
    KAFKA_BROKERS: NO_BROKER,
    JWKS_URL: issuer.jwksUrl,
    SERVICE_TOKEN_SECRET: SERVICE_SECRET,
  })
  const { url, managementUrl } = await composeUsers(config, stack)
  const api = stack.use(createApiClient(url))
  const db: Database = stack.use(
    await connectPostgres({ url: postgresUrl, poolMax: 2, applicationName: 'test', statementTimeoutMs: 60_000 }),
  )
  const auth = createServiceTokens({ secret: new Secret(SERVICE_SECRET), service: 'auth' })

  /** A request of another service. */
  const internal = async <D>(method: string, path: string, body?: unknown, headers = {}): Promise<ApiAnswer<D>> =>
    api.request<D>(method, `//internal${path}`, { token: await auth.for('users'), body, headers })

  const createProfile = (person: Person, key: string = randomUUID()) =>
    internal<UserView>('POST', '/users', person, { 'idempotency-key': key })

  /** Somebody with a profile, signed in. */
  const join = async (person: Partial<Person> = {}) => {
    const { username, email } = somebody()
    const { status, body, text } = await createProfile({ username, email, ...person })
    if (status !== 201 || !body?.data) throw new Error(text)
    return { ...body.data, email: body.data.email as string, token: issuer.tokenFor(body.data.id) }
  }

  const events = (): Promise<StoredEvent[]> => db.statement<StoredEvent>(outboxRows, [])
  const closing = stack.move()
  return {
    api,
    db,
    internal,
    createProfile,
    join,
    events,
    managementUrl,
    issuer,
    tokenFor: issuer.tokenFor,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

export type UsersUnderTest = Awaited<ReturnType<typeof startUsers>>
