import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import type { DomainEvent } from '@pharos/platform/contracts/events/define'
import type { FolloweePageView, FollowerPageView } from '@pharos/platform/contracts/http/relations'
import type { UserView } from '@pharos/platform/contracts/http/users'
import { createServiceTokens } from '@pharos/platform/http/service-token'
import { connectProducer } from '@pharos/platform/kafka/producer'
import { connectPostgres } from '@pharos/platform/postgres/connect'
import { statement } from '@pharos/platform/postgres/statement'
import { Secret } from '@pharos/platform/runtime/config'
import { createApiClient, somebody } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import { refused } from '@pharos/platform/testing/refusals'
import { testDatabase, testRedisUrl } from '@pharos/platform/testing/stores'
import { startTokenIssuer } from '@pharos/platform/testing/token-issuer'
import { composeUsers } from '../../users/src/compose.ts'
import { loadConfig as loadUsersConfig } from '../../users/src/config.ts'
import { startStoreProxy } from '@pharos/platform/testing/store-proxy'
import { composeRelations } from '../src/compose.ts'
import { loadConfig } from '../src/config.ts'

const migrations = new URL('../migrations/', import.meta.url)
const usersMigrations = new URL('../../users/migrations/', import.meta.url)

const SERVICE_TOKEN_SECRET = 'a-secret-that-only-the-services-of-a-test-know'
/** Nobody listens there, so that events stay where they can be counted. */
const NO_BROKER = '127.0.0.1:1'

/** What published events say that they belong to. */
export const ORIGIN = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, correlationId: 'of-a-test' }

export type StoredEvent = { readonly type: string; readonly key: string; readonly data: Record<string, unknown> }
export type Counts = { readonly followers: number; readonly followees: number }
export type Kafka = { readonly brokers: readonly string[]; readonly topicPrefix: string }

const outboxRows = statement('test.outbox', 'SELECT type, key, payload AS data FROM outbox ORDER BY id')
const countsRow = statement('test.counts', 'SELECT followers, followees FROM follow_counts WHERE user_id = $1')
const trueCounts = statement(
  'test.true-counts',
  `SELECT (SELECT count(*) FROM follows WHERE followee_id = $1) AS followers,
          (SELECT count(*) FROM follows WHERE follower_id = $1) AS followees`,
)
const waitingStatements = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name = 'relations'`
const relayLock = `SELECT pg_advisory_lock(hashtext('pharos.outbox-relay'))`

type Options = {
  readonly redisUrl?: Secret
  readonly kafka?: Kafka
  /** No relay becomes active, so events stay in the outbox though there is a broker. */
  readonly keepEvents?: boolean
}

/** Relations and users, whole, on stores of their own, with what a test needs to talk to them and to come between them. */
export const startRelations = async (options: Options = {}) => {
  await using stack = new AsyncDisposableStack()
  const relationsDatabase = stack.use(await testDatabase({ migrations }))
  const usersDatabase = stack.use(await testDatabase({ migrations: usersMigrations }))
  const postgres = stack.use(await startStoreProxy(relationsDatabase.url))
  const issuer = stack.use(await startTokenIssuer())
  const common = {
    PORT: '0',
    MANAGEMENT_PORT: '0',
    LOG_LEVEL: 'error',
    REDIS_URL: (options.redisUrl ?? testRedisUrl()).reveal(),
    KAFKA_BROKERS: options.kafka?.brokers.join(',') ?? NO_BROKER,
    TOPIC_PREFIX: options.kafka?.topicPrefix ?? '',
    JWKS_URL: issuer.jwksUrl,
    SERVICE_TOKEN_SECRET,
  }
  const usersConfig = loadUsersConfig({ ...common, POSTGRES_URL: usersDatabase.url.reveal() })
  const usersService = await composeUsers(usersConfig, stack)
  const users = stack.use(await startStoreProxy(new Secret(usersService.url)))
  const usersApi = stack.use(createApiClient(usersService.url))
  const usersUrl = new URL(users.url.reveal()).origin

  const connect = { url: relationsDatabase.url, poolMax: 3, applicationName: 'test', statementTimeoutMs: 60_000 }
  const db = stack.use(await connectPostgres(connect))
  if (options.keepEvents) {
    const holder = await db.dedicated('test')
    stack.defer(() => holder.end())
    await holder.query(relayLock)
  }

  /** Another instance on the same stores. */
  const startAnother = async () => {
    await using own = new AsyncDisposableStack()
    const config = loadConfig({ ...common, POSTGRES_URL: postgres.url.reveal(), USERS_URL: usersUrl })
    const { url, managementUrl } = await composeRelations(config, own)
    const api = own.use(createApiClient(url))
    const closing = own.move()
    return { api, managementUrl, [Symbol.asyncDispose]: () => closing.disposeAsync() }
  }
  const first = stack.use(await startAnother())
  const { api, managementUrl } = first

  const auth = createServiceTokens({ secret: new Secret(SERVICE_TOKEN_SECRET), service: 'auth' })

  /** Somebody with a profile, signed in. Relations has not heard of them, unless there is a Kafka. */
  const join = async (more: { username?: string; avatar_url?: string } = {}) => {
    const { username, email } = somebody()
    const { body, text } = await usersApi.request<UserView>('POST', '//internal/users', {
      token: await auth.for('users'),
      body: { username, email, ...more },
      headers: { 'idempotency-key': randomUUID() },
    })
    if (!body?.data) throw new Error(text)
    return { ...body.data, token: issuer.tokenFor(body.data.id) }
  }

  type Someone = { readonly id: number; readonly token: string }
  const follow = (who: Someone, whom: { readonly id: number }, headers: Record<string, string> = {}) =>
    api.post('/relation/follow', { followee_id: whom.id }, { token: who.token, headers })
  const unfollow = (who: Someone, whom: { readonly id: number }) =>
    api.post('/relation/unfollow', { followee_id: whom.id }, { token: who.token })
  const followers = (id: number, query = '') => api.get<FollowerPageView>(`/relation/${id}/followers${query}`)
  const followees = (id: number, query = '') => api.get<FolloweePageView>(`/relation/${id}/followees${query}`)

  const run = <Row>(sql: string, values: readonly unknown[] = []): Promise<Row[]> =>
    db.statement<Row>(statement(`test.${createHash('sha1').update(sql).digest('hex')}`, sql), values)
  /** Resolves when so many statements wait for a lock that another one has. */
  const waiting = (count: number): Promise<void> =>
    eventually(async () => assert.equal((await run(waitingStatements)).length, count))
  const events = (): Promise<StoredEvent[]> => db.statement<StoredEvent>(outboxRows, [])
  const counts = async (id: number): Promise<Counts> =>
    (await db.statement<Counts>(countsRow, [id]))[0] ?? { followers: 0, followees: 0 }
  const countedAnew = async (id: number): Promise<Counts | undefined> =>
    (await db.statement<Counts>(trueCounts, [id]))[0]

  const producer = options.kafka && stack.use(await connectProducer({ ...options.kafka, clientId: 'test' }))
  /** Sends events as they are, as often as it is asked to. */
  const publish = async (...facts: readonly DomainEvent[]): Promise<void> => {
    assert.ok(producer)
    await producer.publish(facts.map((event) => ({ ...event, data: JSON.stringify(event.data), origin: ORIGIN })))
  }

  const closing = stack.move()
  return {
    api,
    managementUrl,
    startAnother,
    stop: () => first[Symbol.asyncDispose](),
    publish,
    usersApi,
    db,
    postgres,
    users,
    join,
    follow,
    unfollow,
    followers,
    followees,
    run,
    waiting,
    events,
    counts,
    countedAnew,
    tokenFor: issuer.tokenFor,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

export type RelationsUnderTest = Awaited<ReturnType<typeof startRelations>>

export const cannotFollowSelf = refused(400, 'cannot follow yourself', 'FOLLOW_SELF')
export const cannotUnfollowSelf = refused(400, 'cannot unfollow yourself', 'FOLLOW_SELF')
export const alreadyFollowing = refused(409, 'already following this user', 'FOLLOW_EXISTS')
export const followNotFound = refused(404, 'follow relation not found', 'FOLLOW_NOT_FOUND')
export const serviceUnavailable = refused(503, 'service unavailable', 'SERVICE_UNAVAILABLE')
