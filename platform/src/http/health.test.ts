import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scrape } from '../telemetry/metrics.ts'
import { createHealth } from './health.ts'

const up = async (): Promise<void> => {}
const down = async (): Promise<void> => {
  throw new Error('away')
}

test('ready while every required dependency answers; an optional one that is away only shows', async () => {
  const health = createHealth({ postgres: { check: up, required: true }, redis: { check: down, required: false } })
  assert.deepEqual(await health.readiness(), {
    ready: true,
    dependencies: { postgres: { up: true, required: true }, redis: { up: false, required: false } },
  })
  const { body } = await scrape()
  assert.match(body, /^app_ready 1$/m)
  assert.match(body, /^app_dependency_up\{dependency="redis"\} 0$/m)
})

test('not ready while a required dependency is away, and ready again when it is back', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  let check = down
  const health = createHealth({ postgres: { check: () => check(), required: true } })
  assert.equal((await health.readiness()).ready, false)
  check = up
  t.mock.timers.tick(1_001)
  assert.equal((await health.readiness()).ready, true)
})

test('a dependency that hangs counts as away after a second', async () => {
  const health = createHealth({ postgres: { check: () => new Promise(() => {}), required: true } })
  const started = performance.now()
  assert.equal((await health.readiness()).ready, false)
  assert.ok(performance.now() - started < 2_000)
})

test('a crowd of probes asks a dependency once a second', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  let asked = 0
  const health = createHealth({ postgres: { check: async () => void (asked += 1), required: true } })
  await Promise.all(Array.from({ length: 20 }, () => health.readiness()))
  assert.equal(asked, 1)
  t.mock.timers.tick(1_001)
  await health.readiness()
  assert.equal(asked, 2)
})

test('draining is not ready at once, whatever was remembered', async () => {
  const health = createHealth({ postgres: { check: up, required: true } })
  assert.equal((await health.readiness()).ready, true)
  health.drain()
  assert.equal((await health.readiness()).ready, false)
})
