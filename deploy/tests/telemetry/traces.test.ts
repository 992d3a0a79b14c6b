import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ReceivedSpan } from '@pharos/platform/telemetry/otlp-json'
import { somebody, userIdOf } from '@pharos/platform/testing/api-client'
import type { ApiAnswer, ApiClient } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import { dataOf } from '../answers.ts'
import { takeDatabaseAway } from '../database-away.ts'
import { join } from '../journeys/platform.ts'
import { openStream } from '../live-client.ts'
import { startTestSystem } from '../test-system.ts'
import type { TestSystem } from '../test-system.ts'

let platform: TestSystem
let api: ApiClient
let userId = 0
let token = ''
before(async () => {
  platform = await startTestSystem({ env: { RATE_LIMIT: 'on' } })
  api = platform.client()
  // What happens once in a process (keys fetched, scripts loaded, connections opened) is not part of any of the trees.
  const tokens = dataOf(await api.register(somebody()), 201)
  token = tokens.access_token
  userId = userIdOf(token)
  dataOf(await api.put('/users/avatar', { avatar_url: 'https://example.org/a.png' }, { token }), 200)
  dataOf(await api.user(userId, { token }), 200)
})
after(() => platform?.[Symbol.asyncDispose]())

let requests = 0
const id = (): string => `trace-test-${(requests += 1)}`

/** The one trace of a request, once its tree is as it must be. */
const assertTree = async (
  correlationId: string,
  expected: readonly string[],
  keep?: (span: ReceivedSpan) => boolean,
): Promise<string> =>
  eventually(() => {
    const [traceId = '', ...others] = platform.otlp.tracesOf(correlationId)
    assert.deepEqual(others, [], 'one request is one trace')
    assert.deepEqual(platform.otlp.treeOf(traceId, keep), expected)
    return traceId
  })

/** Who has looked at the events of a request, of the services that are no part of the tree that is asserted. */
const assertHeardBy = (traceId: string, topic: string, services: readonly string[]): Promise<void> =>
  eventually(() =>
    assert.deepEqual(
      platform.otlp
        .spansOf(traceId)
        .filter(({ name }) => name === `process ${topic}`)
        .map(({ service }) => service)
        .toSorted(),
      services,
    ),
  )

const correlated = (correlationId: string) => ({ headers: { 'x-correlation-id': correlationId } })

test('a registration is one trace through three services, every statement, and the sending of its event', async () => {
  const correlationId = id()
  dataOf(await api.register(somebody(), correlated(correlationId)), 201)
  const inThese = ({ service }: ReceivedSpan) => ['gateway', 'auth', 'users'].includes(service)
  const tree = [
    'POST /api/v1/auth/register@gateway',
    '  EVALSHA@gateway',
    '  POST /api/v1/auth/register@gateway',
    '    POST /api/v1/auth/register@auth',
    '      register@auth',
    '        credentials.owners-of-names@auth',
    '        argon2id hash@auth',
    '        BEGIN@auth',
    '        INSERT registrations@auth',
    '        COMMIT@auth',
    '        POST /internal/users@auth',
    '          POST /internal/users@users',
    '            createProfile@users',
    '              BEGIN@users',
    '              INSERT users@users',
    '              outbox.append@users',
    '              COMMIT@users',
    '              send pharos.users.v1@users',
    '        registrations.complete-and-open-session@auth',
  ]
  const traceId = await assertTree(correlationId, tree, inThese)
  await assertHeardBy(traceId, 'pharos.users.v1', ['notifications', 'posts', 'relations'])
  const spans = platform.otlp.spansOf(traceId).filter(inThese)
  assert.deepEqual(
    spans
      .filter(({ kind }) => kind === 'server' || kind === 'producer')
      .map(({ kind, service }) => `${kind} ${service}`),
    ['server gateway', 'server auth', 'server users', 'producer users'],
  )
  assert.ok(spans.every(({ status }) => status !== 'error'))
  for (const { name, attributes } of spans.filter(
    ({ attributes: { 'db.system.name': system } }) => system === 'postgresql',
  )) {
    assert.doesNotMatch(String(attributes['db.query.text'] ?? ''), /@example\.org|ada_/, `${name} shows a value`)
  }
})

test('a change of a name goes on over Kafka to whoever keeps a copy, in the same trace', async () => {
  const correlationId = id()
  const { username } = somebody()
  dataOf(await api.put(`/users/${userId}`, { username }, { token, ...correlated(correlationId) }), 200)
  const traceId = await assertTree(
    correlationId,
    [
      'PUT /api/v1/users/:id@gateway',
      '  PUT /api/v1/users/:id@gateway',
      '    PUT /api/v1/users/:id@users',
      '      updateUser@users',
      '        send pharos.users.v1@users',
      '          process pharos.users.v1@auth',
      '            credentials.follow-names@auth',
    ],
    ({ attributes, service }) =>
      service === 'auth' || (['gateway', 'users'].includes(service) && attributes['db.system.name'] === undefined),
  )
  await assertHeardBy(traceId, 'pharos.users.v1', ['auth', 'notifications', 'posts', 'relations'])
})

test('a follow is one trace, from the gateway over Kafka to the screen of the followed', async () => {
  const correlationId = id()
  const star = await join(api)
  using stream = await openStream(platform.system.url, star)
  dataOf(
    await api.post('/relation/follow', { followee_id: star.id }, { token, ...correlated(correlationId) }),
    200,
    'Followed successfully',
  )
  await assertTree(correlationId, [
    'POST /api/v1/relation/follow@gateway',
    '  POST /api/v1/relation/follow@gateway',
    '    POST /api/v1/relation/follow@relations',
    '      followUser@relations',
    '        follows.insert@relations',
    '        send pharos.relations.v1@relations',
    '          process pharos.relations.v1@notifications',
    '            notifications.add-by-follow@notifications',
    '            send pharos.notifications.v1@notifications',
    '            push live@notifications',
    '              deliver live@gateway',
  ])
  assert.equal(stream.messages.length, 1)
})

test('a post is one trace, through everybody who hears of it', async () => {
  const correlationId = id()
  const [author, fan] = [await join(api), await join(api)]
  dataOf(
    await api.post('/relation/follow', { followee_id: author.id }, { token: fan.token }),
    200,
    'Followed successfully',
  )
  using stream = await openStream(platform.system.url, fan)
  dataOf(await api.post('/posts', { title: 'News' }, { token: author.token, ...correlated(correlationId) }), 201)
  const way = [
    'POST /api/v1/posts@gateway',
    '  POST /api/v1/posts@gateway',
    '    POST /api/v1/posts@posts',
    '      createPost@posts',
    '        posts.create@posts',
    '        send pharos.posts.v1@posts',
    '          process pharos.posts.v1@relations',
    '            follows.gather-all@relations',
    '            send pharos.relations.v1@relations',
    '              process pharos.relations.v1@notifications',
    '                notifications.add-by-post@notifications',
    '                send pharos.notifications.v1@notifications',
    '                push live@notifications',
    '                  deliver live@gateway',
  ]
  // What is asked once for many posts is not part of the way: the author's card, and a block of ids.
  const once = ['GET', 'EVALSHA', 'EVAL', 'posts.cards', 'posts.next-ids']
  await assertTree(correlationId, way, ({ name }) => !once.includes(name))
  assert.equal(stream.messages.length, 1)
})

test('a read of a profile asks the stores once, and not at all when it is remembered', async () => {
  const { id: fresh } = dataOf(await api.post<{ id: number }>('/users', somebody(), { token }), 201)
  const cold = id()
  dataOf(await api.user(fresh, correlated(cold)), 200)
  const way = [
    'GET /api/v1/users/:id@gateway',
    '  GET /api/v1/users/:id@gateway',
    '    GET /api/v1/users/:id@users',
    '      readUser@users',
  ]
  const traceId = await eventually(() => {
    const [found = ''] = platform.otlp.tracesOf(cold)
    const tree = platform.otlp.treeOf(found)
    assert.deepEqual(tree.slice(0, 4), way)
    assert.deepEqual(tree.slice(4).toSorted(), [
      '        EVALSHA@users',
      '        GET@users',
      '        users.by-id@users',
    ])
    return found
  })
  assert.equal(platform.otlp.spansOf(traceId).length, 7)
  const warm = id()
  dataOf(await api.user(fresh, correlated(warm)), 200)
  await assertTree(warm, way)
})

test('a refusal is no error of any span, and its answer names the trace', async () => {
  const correlationId = id()
  const answer = await api.user(987_654_321, correlated(correlationId))
  assert.equal(answer.status, 404)
  const spans = await platform.otlp.waitFor(() => {
    const found = platform.otlp.spansOf(answer.body?.trace_id ?? '')
    return found.some(({ service, parentSpanId }) => service === 'gateway' && parentSpanId === undefined)
      ? found
      : undefined
  }, 'the spans of a 404')
  assert.deepEqual(
    spans.filter(({ status }) => status === 'error').map(({ name }) => name),
    [],
  )
  assert.deepEqual(platform.otlp.tracesOf(correlationId), [answer.body?.trace_id])
})

test("the caller's own trace is continued, not begun anew", async () => {
  const [traceId, spanId] = ['5'.repeat(32), '6'.repeat(16)]
  dataOf(await api.user(userId, { headers: { traceparent: `00-${traceId}-${spanId}-01` } }), 200)
  const first = await platform.otlp.waitFor(
    () => platform.otlp.spansOf(traceId).find(({ parentSpanId }) => parentSpanId === spanId),
    'the span below the caller',
  )
  assert.deepEqual([first.name, first.service], ['GET /api/v1/users/:id', 'gateway'])
})

const exemplarsOf = (metrics: string, name: string): string[] =>
  metrics
    .split('\n')
    .filter((line) => line.startsWith(name))
    .flatMap((line) => / # \{trace_id="([0-9a-f]{32})"/.exec(line)?.[1] ?? [])

const traceOf = (correlationId: string): Promise<string> =>
  platform.otlp.waitFor(() => platform.otlp.tracesOf(correlationId)[0], `the trace of ${correlationId}`)

test('by one id a request is found in the trace, the log lines of every service, and on the latency curves', async () => {
  const correlationId = id()
  const person = somebody()
  const answer = await api.register(person, correlated(correlationId))
  assert.equal(dataOf(answer, 201).token_type, 'Bearer')
  const traceId = await traceOf(correlationId)
  await eventually(async () => {
    const lines = await platform.linesOf(correlationId)
    assert.deepEqual([...new Set(lines.map((line) => String(line['service.name'])))].toSorted(), [
      'auth',
      'gateway',
      'users',
    ])
    assert.ok(lines.every((line) => line['trace.id'] === traceId))
    const spanIds = new Set(platform.otlp.spansOf(traceId).map(({ spanId }) => spanId))
    assert.ok(
      lines.every((line) => spanIds.has(String(line['span.id']))),
      'each line points to a span that exists',
    )
  })
  for (const service of ['gateway', 'users', 'auth'] as const) {
    assert.ok(
      exemplarsOf(await platform.metricsOf(service), 'http_server_request_duration_seconds').includes(traceId),
      service,
    )
  }
})

const assertErrorEvent = async (answer: ApiAnswer, correlationId: string): Promise<void> => {
  assert.equal(answer.status, 503, answer.text)
  assert.equal(answer.body?.message, 'service unavailable')
  const event = await platform.sentry.waitFor(
    (events) => events.find(({ tags }) => tags['correlation_id'] === correlationId),
    'the error event',
  )
  assert.equal(event.traceId, answer.body.trace_id)
  assert.deepEqual([event.tags['service'], event.tags['route']], ['users', '/api/v1/users/:id'])
  assert.deepEqual([event.environment, event.release], ['local', 'pharos@0.1.0'])
  assert.equal(event.exception?.type, 'AppError')
  assert.match(JSON.stringify(event.raw), /not currently accepting connections/, 'the cause is in the event')
  await platform.otlp.waitFor(
    () => platform.otlp.spansOf(event.traceId ?? '').find(({ spanId }) => spanId === event.spanId),
    'the span of the fault',
  )
  const lines = await platform.linesOf(correlationId)
  const fault = lines.find((line) => line['service.name'] === 'users' && line['log.level'] === 'error')
  assert.equal(fault?.['error.message'], 'service unavailable')
  assert.match(String(fault['error.stack_trace']), /not currently accepting connections/)
  assert.doesNotMatch(answer.text, /connection|database|sequelize|error:/i, 'the caller is told nothing of the inside')
}

test('a fault is one error event with the ids of its trace, its lines and its answer', async () => {
  await using _away = await takeDatabaseAway(platform.system, 'users')
  const correlationId = id()
  const answer = await api.user(123_456_789, correlated(correlationId))
  await assertErrorEvent(answer, correlationId)
  const events = platform.sentry.events.filter(({ tags }) => tags['correlation_id'] === correlationId)
  assert.equal(events.length, 1, 'the gateway does not report the fault of another again')
})

test('errors are traced at any sampling ratio, and what is well is not', async () => {
  await using quiet = await startTestSystem({ env: { OTEL_TRACES_SAMPLER_ARG: '0' } })
  const client = quiet.client()
  dataOf(await client.get('/users/search?query=nobody', correlated('well')), 200)
  {
    await using _away = await takeDatabaseAway(quiet.system, 'users')
    assert.equal((await client.user(123_456_789, correlated('fault'))).status, 503)
  }
  const traceId = await quiet.otlp.waitFor(() => quiet.otlp.tracesOf('fault')[0], 'the trace of the fault')
  await eventually(() => {
    const services = quiet.otlp.spansOf(traceId).map(({ service }) => service)
    assert.ok(services.includes('gateway') && services.includes('users'))
  })
  assert.deepEqual(quiet.otlp.tracesOf('well'), [])
})
