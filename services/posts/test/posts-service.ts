import { randomUUID } from 'node:crypto'
import type { CreatedPostView, PostPageView, PostView } from '@pharos/platform/contracts/http/posts'
import { createServiceTokens } from '@pharos/platform/http/service-token'
import { connectPostgres } from '@pharos/platform/postgres/connect'
import { statement } from '@pharos/platform/postgres/statement'
import { Secret } from '@pharos/platform/runtime/config'
import { createApiClient, somebody } from '@pharos/platform/testing/api-client'
import { refused } from '@pharos/platform/testing/refusals'
import { testDatabase, testRedisUrl } from '@pharos/platform/testing/stores'
import { startTokenIssuer } from '@pharos/platform/testing/token-issuer'
import { composeUsers } from '../../users/src/compose.ts'
import { loadConfig as loadUsersConfig } from '../../users/src/config.ts'
import { startStoreProxy } from '@pharos/platform/testing/store-proxy'
import { composePosts } from '../src/compose.ts'
import { loadConfig } from '../src/config.ts'

export const migrations = new URL('../migrations/', import.meta.url)
const usersMigrations = new URL('../../users/migrations/', import.meta.url)

const SERVICE_TOKEN_SECRET = 'a-secret-that-only-the-services-of-a-test-know'
/** Nobody listens there, so that events stay where they can be counted. */
const NO_BROKER = '127.0.0.1:1'

export const postNotFound = refused(404, 'post not found', 'POST_NOT_FOUND')
export const unavailable = refused(503, 'service unavailable', 'SERVICE_UNAVAILABLE')

export type StoredEvent = { readonly type: string; readonly key: string; readonly data: Record<string, unknown> }
export type Person = { readonly id: number; readonly username: string; readonly email: string; readonly token: string }

const outboxRows = statement('test.posts-outbox', 'SELECT type, key, payload AS data FROM outbox ORDER BY id')

type Options = {
  readonly redisUrl?: Secret
  /** Where posts finds its database, when not where it is. */
  readonly postgresBy?: (url: Secret) => Promise<Secret>
  readonly kafka?: { readonly brokers: readonly string[]; readonly topicPrefix: string }
}

/** Posts and users, whole, on stores of their own, with what a test needs to talk to them and to come between them. */
export const startPosts = async (options: Options = {}) => {
  await using stack = new AsyncDisposableStack()
  const redisUrl = options.redisUrl ?? testRedisUrl()
  const database = stack.use(await testDatabase({ migrations }))
  const usersDatabase = stack.use(await testDatabase({ migrations: usersMigrations }))
  const issuer = stack.use(await startTokenIssuer())
  const common = {
    PORT: '0',
    MANAGEMENT_PORT: '0',
    LOG_LEVEL: 'error',
    REDIS_URL: redisUrl.reveal(),
    KAFKA_BROKERS: options.kafka?.brokers.join(',') ?? NO_BROKER,
    TOPIC_PREFIX: options.kafka?.topicPrefix ?? '',
    JWKS_URL: issuer.jwksUrl,
    SERVICE_TOKEN_SECRET,
  }
  const users = await composeUsers(loadUsersConfig({ ...common, POSTGRES_URL: usersDatabase.url.reveal() }), stack)
  const wayToUsers = stack.use(await startStoreProxy(new Secret(users.url)))
  const environment = {
    ...common,
    POSTGRES_URL: ((await options.postgresBy?.(database.url)) ?? database.url).reveal(),
    USERS_URL: wayToUsers.url.reveal(),
  }
  const { url, managementUrl } = await composePosts(loadConfig(environment), stack)
  const api = stack.use(createApiClient(url))
  const usersApi = stack.use(createApiClient(users.url))
  const db = stack.use(
    await connectPostgres({ url: database.url, poolMax: 4, applicationName: 'test', statementTimeoutMs: 60_000 }),
  )
  const auth = createServiceTokens({ secret: new Secret(SERVICE_TOKEN_SECRET), service: 'auth' })

  /** Another instance on the same stores. */
  const startAnother = async () => {
    await using own = new AsyncDisposableStack()
    const another = await composePosts(loadConfig(environment), own)
    const client = own.use(createApiClient(another.url))
    const closing = own.move()
    return { api: client, [Symbol.asyncDispose]: () => closing.disposeAsync() }
  }

  /** Somebody with a profile, signed in. */
  const join = async (more: Record<string, string> = {}): Promise<Person> => {
    const { username, email } = somebody()
    const { status, body, text } = await usersApi.request<Omit<Person, 'token'>>('POST', '//internal/users', {
      body: { username, email, ...more },
      token: await auth.for('users'),
      headers: { 'idempotency-key': randomUUID() },
    })
    if (status !== 201 || !body?.data) throw new Error(text)
    const { id } = body.data
    return { id, username, email, ...more, token: issuer.tokenFor(id) }
  }

  const publish = async ({ token }: { readonly token: string }, post: object = {}): Promise<CreatedPostView> => {
    const { status, body, text } = await api.post<CreatedPostView>('/posts', { title: 'A title', ...post }, { token })
    if (status !== 201 || !body?.data) throw new Error(text)
    return body.data
  }

  const read = (id: number, client = api) => client.get<PostView>(`/posts/${id}`)

  const list = async (query = '', client = api): Promise<PostPageView> => {
    const { status, body, text } = await client.get<PostPageView>(`/posts/list?${query}`)
    if (status !== 200 || !body?.data) throw new Error(text)
    return body.data
  }

  const metrics = async () => (await fetch(`${managementUrl}/metrics`)).text()
  const events = () => db.statement<StoredEvent>(outboxRows, [])
  const eventsOf = async (id: number) => (await events()).filter(({ key }) => key === String(id))

  const closing = stack.move()
  return {
    api,
    usersApi,
    db,
    issuer,
    managementUrl,
    wayToUsers,
    startAnother,
    join,
    publish,
    read,
    list,
    metrics,
    events,
    eventsOf,
    tokenFor: issuer.tokenFor,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

export type PostsUnderTest = Awaited<ReturnType<typeof startPosts>>
