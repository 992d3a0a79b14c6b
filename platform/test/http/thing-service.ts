import { z } from 'zod'
import { operation } from '../../src/contracts/http/define.ts'
import { bodyId, pathId, text } from '../../src/contracts/http/fields.ts'
import { AppError } from '../../src/errors.ts'
import type { ErrorKind } from '../../src/errors.ts'
import { Reply } from '../../src/http/answer.ts'
import { createApp } from '../../src/http/app.ts'
import type { Authenticator } from '../../src/http/auth.ts'
import { listen } from '../../src/http/listen.ts'
import { bind } from '../../src/http/router.ts'
import type { ServiceTokens } from '../../src/http/service-token.ts'
import { activeCorrelationId } from '../../src/telemetry/context.ts'
import { log } from '../../src/telemetry/log.ts'
import { createApiClient } from '../../src/testing/api-client.ts'

const common = { service: 'users', tag: 'things', summary: 'x', limit: 'read', refusals: [] } as const
const ok = { status: 200 } as const

/** A made-up service that uses everything the HTTP kit has. */
const thingsApi = {
  getThing: operation({
    ...common,
    id: 'getThing',
    methods: ['get'],
    paths: ['/things/:id'],
    auth: 'none',
    params: z.object({ id: pathId }),
    success: ok,
    etag: true,
  }),
  deleteThing: operation({
    ...common,
    id: 'deleteThing',
    methods: ['delete'],
    paths: ['/things/:id'],
    auth: 'none',
    params: z.object({ id: pathId }),
    success: { status: 204 },
  }),
  createThing: operation({
    ...common,
    id: 'createThing',
    methods: ['post', 'put'],
    paths: ['/things', '/stuff'],
    auth: 'none',
    body: z.object({ name: text(1, 5), note: text(0, 2_000_000).optional(), owner: bodyId.optional() }),
    success: { status: 201, message: 'created' },
  }),
  echoName: operation({
    ...common,
    id: 'echoName',
    methods: ['get'],
    paths: ['/names/:name'],
    auth: 'none',
    params: z.object({ name: text(1, 5) }),
    success: ok,
  }),
  search: operation({
    ...common,
    id: 'search',
    methods: ['get'],
    paths: ['/search'],
    auth: 'none',
    query: z.object({ size: z.string().regex(/^\d+$/) }),
    success: ok,
    invalid: { code: 'search.invalid-query', message: 'invalid search query' },
    compress: true,
  }),
  fail: operation({
    ...common,
    id: 'fail',
    methods: ['get'],
    paths: ['/fail/:how'],
    auth: 'none',
    params: z.object({ how: z.string() }),
    success: ok,
  }),
  reply: operation({
    ...common,
    id: 'reply',
    methods: ['get'],
    paths: ['/reply/:how'],
    auth: 'none',
    params: z.object({ how: z.string() }),
    success: { status: 200, message: 'usual' },
    etag: true,
  }),
  nothing: operation({
    ...common,
    id: 'nothing',
    methods: ['get'],
    paths: ['/nothing-to-say'],
    auth: 'none',
    success: ok,
  }),
  mine: operation({ ...common, id: 'mine', methods: ['get'], paths: ['/mine'], auth: 'user', success: ok }),
  maybe: operation({ ...common, id: 'maybe', methods: ['get'], paths: ['/maybe'], auth: 'optional', success: ok }),
  internal: operation({
    ...common,
    id: 'internal',
    methods: ['get'],
    paths: ['/internal/things'],
    auth: 'service',
    success: ok,
  }),
}

const replies: Record<string, Reply> = {
  message: new Reply({ data: { a: 1 }, message: 'other', status: 201, headers: { 'X-Thing': 'yes' } }),
  json: new Reply({ json: '{"b":2}', etag: 'W/"v7"' }),
  gone: new Reply({ status: 204 }),
}

/** Put together here, because an error event shows the lines of source around a fault. */
const LEAKS = {
  email: ['ada', 'example.org'].join('@'),
  jwt: ['eyJhbGciOiJFZERTQSJ9', 'eyJzdWIiOiI0MiJ9', 'c2ln'].join('.'),
  url: ['postgres://users', ['hunter', 22].join(''), '@db/users'].join(':').replace(':@', '@'),
}

const failures: Record<string, () => unknown> = {
  plain: () => new Error('SELECT secret FROM passwords'),
  thrown: () => 'a string with a secret',
  private: () => new Error(`user ${LEAKS.email} sent ${LEAKS.jwt}`, { cause: new Error(LEAKS.url) }),
  retry: () => new AppError('too-many', 'too-many', 'too many attempts', { retryAfterSeconds: 1.2 }),
  details: () =>
    new AppError('invalid', 'x.bad', 'bad', { details: [{ path: 'a.0', message: 'no' }], cause: new Error('secret') }),
}

const failureOf = (how: string): Error =>
  (failures[how]?.() as Error | undefined) ?? new AppError(how as ErrorKind, `thing.${how}`, `it is ${how}`)

const denyAll: Authenticator = { authenticate: () => Promise.reject(new Error('no authenticator was given')) }

export const startThings = async (
  ports: { authenticator?: Authenticator; serviceTokens?: ServiceTokens; hold?: () => Promise<void> } = {},
) => {
  const routes = bind(thingsApi, {
    getThing: async ({ params }) => {
      await ports.hold?.()
      log.info('thing read', { 'event.action': 'thing.read', 'thing.id': params.id })
      return { id: params.id }
    },
    deleteThing: async () => undefined,
    createThing: async ({ body }) => {
      log.info('thing created', { 'event.action': 'thing.created', 'thing.name': body.name })
      return { ...body, correlation: activeCorrelationId() }
    },
    echoName: async ({ params }) => params,
    search: async ({ query }) => ({ text: 'x'.repeat(Number(query.size)) }),
    fail: async ({ params }) => {
      throw failureOf(params.how)
    },
    reply: async ({ params }) => replies[params.how],
    nothing: async () => undefined,
    mine: async ({ user }) => user,
    maybe: async ({ user }) => ({ user: user ?? null }),
    internal: async () => ({ inside: true }),
  })
  const app = createApp({ routes, authenticator: ports.authenticator ?? denyAll, serviceTokens: ports.serviceTokens })
  const server = await listen(app, { host: '127.0.0.1', port: 0 })
  const client = createApiClient(server.url)
  return {
    app,
    server,
    client,
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}
