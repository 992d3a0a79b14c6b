import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { freePorts } from '../ports.ts'
import { temporaryHome } from '../temporary-home.ts'
import { startService } from './service.ts'

/** Tells what it was started with, where a service tells whether it is ready. */
const MAIN = `
  import { createServer } from 'node:http'
  import { getHeapStatistics } from 'node:v8'
  const { SERVICE_VERSION, PORT, FAULTS_FILE } = process.env
  const told = { SERVICE_VERSION, PORT, FAULTS_FILE, heapLimit: getHeapStatistics().heap_size_limit }
  createServer((_req, res) => res.end(JSON.stringify(told))).listen(Number(process.env.MANAGEMENT_PORT), '127.0.0.1')
`

/** A checkout with one service that does nothing, started with an override file that is not there yet. */
const startStandIn = async (stack: AsyncDisposableStack) => {
  const { path: root } = stack.use(await temporaryHome())
  for (const [file, text] of [
    ['services/users/src/main.ts', MAIN],
    ['platform/src/telemetry/register.ts', ''],
    ['package.json', '{"type":"module"}'],
  ] as const) {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, file), text)
  }
  const [port = 0, managementPort = 0] = await freePorts(2)
  const overrideFile = join(root, 'users.env')
  const service = stack.use(
    await startService({
      root,
      name: 'users',
      port,
      managementPort,
      env: { SERVICE_VERSION: '1.0.0' },
      logFile: join(root, 'users.log'),
      overrideFile,
    }),
  )
  const told = async () => (await (await fetch(service.managementUrl)).json()) as Record<string, unknown>
  return { service, port, overrideFile, told }
}

test('a service comes back with what its override file says, and without it as it was', async () => {
  await using stack = new AsyncDisposableStack()
  const { service, port, overrideFile, told } = await startStandIn(stack)
  const { heapLimit: _, ...first } = await told()
  assert.deepEqual(first, { SERVICE_VERSION: '1.0.0', PORT: String(port) })

  await writeFile(overrideFile, 'SERVICE_VERSION=2.0.0\nFAULTS_FILE=/tmp/flags.json\n')
  assert.equal((await told())['SERVICE_VERSION'], '1.0.0')
  await service.kill()
  await service.start()
  const { heapLimit: __, ...second } = await told()
  assert.deepEqual(second, { SERVICE_VERSION: '2.0.0', PORT: String(port), FAULTS_FILE: '/tmp/flags.json' })

  await rm(overrideFile)
  await service.kill()
  await service.start()
  assert.equal((await told())['SERVICE_VERSION'], '1.0.0')
})

test('a service has a heap of its own bound, at whose limit by V8 nine tenths still fit into the old generation', async () => {
  await using stack = new AsyncDisposableStack()
  const { told } = await startStandIn(stack)
  const { heapLimit } = await told()
  const oldGeneration = 1_024 * 2 ** 20
  assert.equal(heapLimit, oldGeneration + 3 * 32 * 2 ** 20)
  assert.ok(0.9 * heapLimit < oldGeneration)
})
