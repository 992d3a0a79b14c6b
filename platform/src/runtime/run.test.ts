import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KIT, startChild } from '../../test/telemetry/child-process.ts'

const script = (start: string): string => `
  import { run } from '${KIT}/runtime/run.ts'
  import { log } from '${KIT}/telemetry/log.ts'
  const say = (action) => log.info(action, { 'event.action': action })
  const forever = () => setInterval(() => {}, 60_000)
  ${start}
`

const SERVICE = script(`
  await run(async (stack) => {
    stack.defer(() => say('closed first opened'))
    stack.defer(async () => { await new Promise(setImmediate); say('closed last opened') })
    forever()
    say('ready')
  })
`)

const closings = (lines: readonly Readonly<Record<string, unknown>>[]) =>
  lines.map((line) => String(line['event.action'])).filter((action) => action.startsWith('closed'))

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} disposes in reverse order and exits 0`, async () => {
    await using child = startChild(SERVICE)
    await child.waitForLine({ 'event.action': 'ready' })
    child.process.kill(signal)
    assert.deepEqual(await child.exit, { code: 0, signal: null })
    assert.deepEqual(closings(child.lines()), ['closed last opened', 'closed first opened'])
  })
}

test('a start that fails disposes what it had opened, says why and exits 1', async () => {
  await using child = startChild(
    script(`
      await run(async (stack) => {
        stack.defer(() => say('closed database'))
        throw new Error('no database at postgres://users:hunter22@db/users')
      })
    `),
  )
  assert.equal((await child.exit).code, 1)
  assert.deepEqual(closings(child.lines()), ['closed database'])
  const line = await child.waitForLine({ 'event.action': 'service.start-failed' })
  assert.match(String(line['error.message']), /no database/)
  assert.doesNotMatch(child.stdout() + child.stderr(), /hunter22/)
})

for (const [fault, event] of [
  [`Promise.reject(new Error('lost'))`, 'process.unhandled-rejection'],
  [`setImmediate(() => { throw new Error('lost') })`, 'process.uncaught-exception'],
] as const) {
  test(`${event} is logged, drains and exits 1`, async () => {
    await using child = startChild(
      script(`
        await run(async (stack) => {
          stack.defer(() => say('closed server'))
          forever()
          ${fault}
        })
      `),
    )
    assert.equal((await child.exit).code, 1)
    const line = await child.waitForLine({ 'event.action': event })
    assert.deepEqual([line['log.level'], line['error.message']], ['error', 'lost'])
    assert.deepEqual(closings(child.lines()), ['closed server'])
  })
}

test('a second signal while stopping is harmless', async () => {
  await using child = startChild(
    script(`
      await run(async (stack) => {
        stack.defer(async () => {
          say('closing')
          await new Promise((resolve) => process.once('SIGUSR2', resolve))
          say('closed')
        })
        forever()
        say('ready')
      })
    `),
  )
  await child.waitForLine({ 'event.action': 'ready' })
  child.process.kill('SIGTERM')
  await child.waitForLine({ 'event.action': 'closing' })
  child.process.kill('SIGTERM')
  child.process.kill('SIGINT')
  child.process.kill('SIGUSR2')
  assert.deepEqual(await child.exit, { code: 0, signal: null })
  assert.deepEqual(closings(child.lines()), ['closed'])
})

test('a fault while stopping turns the exit code to 1', async () => {
  await using child = startChild(
    script(`
      await run(async (stack) => {
        stack.defer(() => say('closed the rest'))
        stack.defer(() => { throw new Error('stuck') })
        forever()
        say('ready')
      })
    `),
  )
  await child.waitForLine({ 'event.action': 'ready' })
  child.process.kill('SIGTERM')
  assert.equal((await child.exit).code, 1)
  assert.deepEqual(closings(child.lines()), ['closed the rest'])
  await child.waitForLine({ 'event.action': 'service.stop-failed' })
})

test('a signal during the start stops without calling the start failed', async () => {
  await using child = startChild(
    script(`
      await run(async (stack) => {
        const { promise, resolve } = Promise.withResolvers()
        stack.defer(async () => {
          resolve()
          await new Promise(setImmediate)
          say('closed database')
        })
        forever()
        say('half')
        await promise
        stack.defer(() => {})
      })
    `),
  )
  await child.waitForLine({ 'event.action': 'half' })
  child.process.kill('SIGTERM')
  assert.equal((await child.exit).code, 0)
  assert.deepEqual(closings(child.lines()), ['closed database'])
  assert.ok(!child.lines().some((line) => line['event.action'] === 'service.start-failed'))
})

test('a rejection while stopping after a signal turns the exit code to 1', async () => {
  await using child = startChild(
    script(`
      await run(async (stack) => {
        stack.defer(async () => {
          Promise.reject(new Error('lost'))
          await new Promise(setImmediate)
        })
        forever()
        say('ready')
      })
    `),
  )
  await child.waitForLine({ 'event.action': 'ready' })
  child.process.kill('SIGTERM')
  assert.equal((await child.exit).code, 1)
})

test('a disposal that waits for something that keeps no handle open is still waited for', async () => {
  await using child = startChild(
    script(`
      await run(async (stack) => {
        stack.defer(async () => {
          const timer = new Promise((resolve) => setTimeout(resolve, 50).unref())
          await timer
          say('closed consumer')
        })
        const handle = forever()
        stack.defer(() => clearInterval(handle))
        say('ready')
      })
    `),
  )
  await child.waitForLine({ 'event.action': 'ready' })
  child.process.kill('SIGTERM')
  assert.equal((await child.exit).code, 0)
  assert.deepEqual(closings(child.lines()), ['closed consumer'])
})
