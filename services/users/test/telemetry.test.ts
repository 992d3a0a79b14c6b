import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { connectPostgres } from '@pharos/platform/postgres/connect'
import { statement } from '@pharos/platform/postgres/statement'
import { createApiClient } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import { startOtlpReceiver } from '@pharos/platform/testing/otlp-receiver'
import { testDatabase, testRedisUrl } from '@pharos/platform/testing/stores'
import { migrations } from './users-service.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const REGISTER = import.meta.resolve('@pharos/platform/telemetry/register')

const seed = statement(
  'test.one-user',
  `INSERT INTO users (username, email, created_at, updated_at) VALUES ('ada', 'ada@example.org', now(), now()) RETURNING id`,
)

type Line = Record<string, unknown>

/** The service as a process of its own, as it runs in earnest. */
const startProcess = (environment: Record<string, string>) => {
  const child = spawn(process.execPath, ['--import', REGISTER, MAIN], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit') as Promise<[number | null]>
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const lines = () =>
    output
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line)
  return {
    output: () => output,
    lineOf: (action: string) =>
      eventually(() => {
        const line = lines().find((candidate) => candidate['event.action'] === action)
        assert.ok(line, `no line says ${action}`)
        return line
      }),
    lines,
    stop: async () => {
      child.kill('SIGTERM')
      const [code] = await exited
      return code
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) child.kill('SIGKILL')
      await exited
    },
  }
}

test('a process tells of each request in one trace and one line, never of an address, and stops on SIGTERM', async () => {
  await using receiver = await startOtlpReceiver()
  await using database = await testDatabase({ migrations })
  await using db = await connectPostgres({ url: database.url, poolMax: 1, applicationName: 'test' })
  const [user] = await db.statement<{ id: number }>(seed, [])
  await using users = startProcess({
    OTEL_SERVICE_NAME: 'users',
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    PORT: '0',
    MANAGEMENT_PORT: '0',
    POSTGRES_URL: database.url.reveal(),
    REDIS_URL: testRedisUrl().reveal(),
    KAFKA_BROKERS: '127.0.0.1:1',
    SERVICE_TOKEN_SECRET: 'a-secret-that-only-the-services-of-a-test-know',
  })
  const ready = await users.lineOf('service.ready')
  await using api = createApiClient(`http://127.0.0.1:${String(ready['server.port'])}`)

  const read = async (correlationId: string, path: string) => {
    const { status } = await api.get(path, { headers: { 'x-correlation-id': correlationId } })
    const traceId = await receiver.waitFor(() => receiver.tracesOf(correlationId)[0], `the trace of ${correlationId}`)
    const line = await eventually(() => {
      const found = users.lines().filter((candidate) => candidate['labels.correlation_id'] === correlationId)
      assert.equal(found.length, 1)
      return found[0] as Line
    })
    assert.equal(line['trace.id'], traceId)
    // Redis gets the text of a script once in its life; whether that is in this trace depends on who was there before.
    return { status, tree: receiver.treeOf(traceId, ({ name }) => name !== 'EVAL') }
  }

  assert.deepEqual(await read('first', `/users/${user?.id}`), {
    status: 200,
    tree: [
      'GET /api/v1/users/:id@users',
      '  readUser@users',
      '    GET@users',
      '    users.by-id@users',
      '    EVALSHA@users',
    ],
  })
  assert.deepEqual(await read('second', `/users/${user?.id}`), {
    status: 200,
    tree: ['GET /api/v1/users/:id@users', '  readUser@users'],
  })
  assert.deepEqual(await read('by-address', '/users/email/ada@example.org'), {
    status: 200,
    tree: ['GET /api/v1/users/email/:email@users', '  readUserByEmail@users', '    users.by-email@users'],
  })
  assert.deepEqual(await read('searching', '/users/search?query=ada@example.org'), {
    status: 200,
    tree: ['GET /api/v1/users/search@users', '  searchUsers@users', '    users.search-or-email@users'],
  })

  assert.equal(await users.stop(), 0)
  assert.doesNotMatch(users.output() + receiver.bodies.join(''), /ada@example|ada%40example|only-the-services/)
})
