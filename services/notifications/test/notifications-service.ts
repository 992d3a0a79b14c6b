import { randomUUID } from 'node:crypto'
import type { FeedPageView, NotificationView } from '@pharos/platform/contracts/http/notifications'
import type { UserView } from '@pharos/platform/contracts/http/users'
import { createServiceTokens } from '@pharos/platform/http/service-token'
import { connectPostgres } from '@pharos/platform/postgres/connect'
import { statement } from '@pharos/platform/postgres/statement'
import { Secret } from '@pharos/platform/runtime/config'
import { createApiClient, somebody } from '@pharos/platform/testing/api-client'
import type { ApiAnswer } from '@pharos/platform/testing/api-client'
import { refused } from '@pharos/platform/testing/refusals'
import { testDatabase, testRedisUrl } from '@pharos/platform/testing/stores'
import { startTokenIssuer } from '@pharos/platform/testing/token-issuer'
import { startUsersGate } from '../../auth/test/users-gate.ts'
import { composeUsers } from '../../users/src/compose.ts'
import { loadConfig as loadUsersConfig } from '../../users/src/config.ts'
import { composeNotifications } from '../src/compose.ts'
import { loadConfig } from '../src/config.ts'

export const migrations = new URL('../migrations/', import.meta.url)
const usersMigrations = new URL('../../users/migrations/', import.meta.url)

const SERVICE_TOKEN_SECRET = 'a-secret-that-only-the-services-of-a-test-know'
/** Nobody listens there, so that events stay where they can be counted. */
const NO_BROKER = '127.0.0.1:1'

const outboxRows = statement('test.outbox', 'SELECT type, key, payload AS data FROM outbox ORDER BY id')

type Sent = { readonly notification_id: number; readonly message: string }
type Done = { readonly success: boolean; readonly message: string }
type News = { readonly notifications: NotificationView[]; readonly last_id: number }
type StoredEvent = { readonly type: string; readonly key: string; readonly data: Record<string, unknown> }

type Options = {
  readonly redisUrl?: Secret
  /** Where notifications finds its database, when not where it is. */
  readonly postgresBy?: (url: Secret) => Promise<Secret>
  readonly kafka?: { readonly brokers: readonly string[]; readonly topicPrefix: string }
}

/** What one instance can be asked, by its address. */
const clientOf = (url: string) => {
  const api = createApiClient(url)
  return {
    api,
    send: (
      token: string,
      user_id: unknown,
      type: unknown = 'note',
      payload: unknown = { text: 'hello' },
      headers = {},
    ) => api.post<Sent>('/notification/send', { user_id, type, payload }, { token, headers }),
    feed: (token: string, query = '') => api.get<FeedPageView>(`/notification/feed${query}`, { token }),
    countUnread: async (token: string) =>
      (await api.get<{ count: number }>('/notification/unread-count', { token })).body?.data?.count,
    read: (token: string, id: unknown) => api.put<Done>(`/notification/${String(id)}/read`, undefined, { token }),
    readAll: (token: string) => api.put<Done>('/notification/read-all', undefined, { token }),
    remove: (token: string, id: unknown) =>
      api.delete(`/notification/${String(id)}`, { token }) as Promise<ApiAnswer<Done>>,
    news: (token: string, query = '') => api.get<News>(`//internal/notifications${query}`, { token }),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  }
}

/** Notifications and users, whole, on stores of their own, with what a test needs to talk to them and to come between them. */
export const startNotifications = async (options: Options = {}) => {
  await using stack = new AsyncDisposableStack()
  const redisUrl = options.redisUrl ?? testRedisUrl()
  const database = stack.use(await testDatabase({ migrations }))
  const usersDatabase = stack.use(await testDatabase({ migrations: usersMigrations }))
  const issuer = stack.use(await startTokenIssuer())
  const gate = stack.use(await startUsersGate())
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
  gate.leadTo(users.url)
  const postgresUrl = (await options.postgresBy?.(database.url)) ?? database.url
  const config = loadConfig({ ...common, POSTGRES_URL: postgresUrl.reveal(), USERS_URL: gate.url })

  /** Another instance on the same stores. */
  const startAnother = async () => {
    const own = new AsyncDisposableStack()
    try {
      const { url, managementUrl } = await composeNotifications(config, own)
      return { ...own.use(clientOf(url)), managementUrl, [Symbol.asyncDispose]: () => own.disposeAsync() }
    } catch (error) {
      await own.disposeAsync()
      throw error
    }
  }

  const { url, managementUrl } = await composeNotifications(config, stack)
  const client = stack.use(clientOf(url))
  const usersApi = stack.use(createApiClient(users.url))
  const serviceTokens = createServiceTokens({ secret: new Secret(SERVICE_TOKEN_SECRET), service: 'auth' })
  const db = stack.use(
    await connectPostgres({ url: database.url, poolMax: 4, applicationName: 'test', statementTimeoutMs: 60_000 }),
  )

  /** Somebody with a profile, signed in. */
  const join = async () => {
    const { username, email } = somebody()
    const { body, text } = await usersApi.request<UserView>('POST', '//internal/users', {
      token: await serviceTokens.for('users'),
      body: { username, email },
      headers: { 'idempotency-key': randomUUID() },
    })
    if (!body?.data) throw new Error(text)
    return { id: body.data.id, token: issuer.tokenFor(body.data.id) }
  }

  /** The id of a notification that was sent, and must have been. */
  const sent = async (...args: Parameters<typeof client.send>): Promise<number> => {
    const { body, text } = await client.send(...args)
    if (!body?.data) throw new Error(text)
    return body.data.notification_id
  }

  const closing = stack.move()
  return {
    ...client,
    usersApi,
    gate,
    db,
    redisUrl,
    managementUrl,
    join,
    sent,
    startAnother,
    tokenFor: issuer.tokenFor,
    events: (): Promise<StoredEvent[]> => db.statement<StoredEvent>(outboxRows, []),
    metrics: async () => (await fetch(`${managementUrl}/metrics`)).text(),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

/** Whether an instance is a member of its consumer group. */
export const isConsuming = async ({ managementUrl }: { readonly managementUrl: string }): Promise<boolean> => {
  const state = (await (await fetch(`${managementUrl}/readyz`)).json()) as { dependencies: { kafka: { up: boolean } } }
  return state.dependencies.kafka.up
}

export type NotificationsUnderTest = Awaited<ReturnType<typeof startNotifications>>

export const notificationNotFound = refused(404, 'notification not found', 'NOTIFICATION_NOT_FOUND')
export const accessDenied = refused(403, 'access to notification denied', 'NOTIFICATION_ACCESS_DENIED')
