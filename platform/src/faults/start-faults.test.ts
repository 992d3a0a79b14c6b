import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { KIT, startChild } from '../../test/telemetry/child-process.ts'
import { startFaults } from './start-faults.ts'

const OURS = new URL('flags.flagd.json', import.meta.url)

type WrittenFlag = { variants: Record<string, unknown>; defaultVariant: string; targeting?: unknown }
type WrittenFile = { flags: Record<string, WrittenFlag> }

/** Our file with changes, in a folder that is removed with the stack. */
const writeFlags = async (stack: AsyncDisposableStack, edit: (file: WrittenFile) => void): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'pharos-flags-'))
  stack.defer(() => rm(folder, { recursive: true }))
  const file = JSON.parse(await readFile(OURS, 'utf8')) as WrittenFile
  edit(file)
  await writeFile(join(folder, 'flags.json'), JSON.stringify(file))
  return join(folder, 'flags.json')
}

test('every flag is off at first, with the variants that were agreed on', async () => {
  await using faults = await startFaults()
  const variants = Object.fromEntries(faults.list().map((state) => [state.flag, state.variants]))
  assert.deepEqual(variants, {
    'http-delay': { off: 0, slow: 500, stuck: 2_000 },
    'http-error': { off: 0, some: 0.2, all: 1 },
    'event-loop-block': { off: 0, late: 200, stuck: 700 },
    'memory-leak': { off: 0, leak: 25 },
    'consumer-stall': { off: false, on: true },
    'consumer-error': { off: false, on: true },
    'relay-stop': { off: false, on: true },
  })
  assert.deepEqual([...new Set(faults.list().map(({ variant }) => variant))], ['off'])
  assert.deepEqual([await faults.amount('http-delay'), await faults.isOn('relay-stop')], [0, false])
})

test('a changed flag has its new value at once, the others keep theirs, and it can be switched off again', async () => {
  await using faults = await startFaults()
  faults.change('http-delay', 'slow')
  faults.change('relay-stop', 'on')
  assert.deepEqual([await faults.amount('http-delay'), await faults.isOn('relay-stop')], [500, true])
  assert.deepEqual([await faults.amount('http-error'), await faults.isOn('consumer-stall')], [0, false])
  faults.change('http-delay', 'off')
  assert.equal(await faults.amount('http-delay'), 0)
  assert.throws(() => faults.change('http-delay', 'toString'), /http-delay has no variant toString/)
})

test('after disposal every fault is off', async () => {
  const faults = await startFaults()
  faults.change('http-error', 'all')
  await faults[Symbol.asyncDispose]()
  assert.equal(await faults.amount('http-error'), 0)
})

test('a process can begin with a flag set, by a file', async () => {
  await using stack = new AsyncDisposableStack()
  const file = await writeFlags(stack, ({ flags }) => {
    if (flags['http-error']) flags['http-error'].defaultVariant = 'some'
  })
  const faults = stack.use(await startFaults(file))
  assert.equal(await faults.amount('http-error'), 0.2)
})

const broken: Record<string, [edit: (file: WrittenFile) => void, fault: RegExp]> = {
  'lacks a flag': [({ flags }) => delete flags['relay-stop'], /flags\["?relay-stop/],
  'has a flag of no meaning': [
    ({ flags }) => (flags['earthquake'] = { variants: {}, defaultVariant: 'off' }),
    /earthquake/,
  ],
  'has a default that is no variant': [
    ({ flags }) => Object.assign(flags['http-delay'] ?? {}, { defaultVariant: 'gone' }),
    /is none of the variants/,
  ],
  'has a value of another type': [
    ({ flags }) => Object.assign(flags['relay-stop']?.variants ?? {}, { on: 'yes' }),
    /expected boolean/,
  ],
  'has targeting': [({ flags }) => Object.assign(flags['http-delay'] ?? {}, { targeting: {} }), /targeting/],
}

for (const [what, [edit, fault]] of Object.entries(broken)) {
  test(`a file that ${what} is refused, with the reason`, async () => {
    await using stack = new AsyncDisposableStack()
    const file = await writeFlags(stack, edit)
    await assert.rejects(startFaults(file), { name: 'ConfigError', message: fault })
  })
}

test('a file that is not there is refused by its name', async () => {
  await assert.rejects(startFaults('/nowhere/flags.json'), { name: 'ConfigError', message: /\/nowhere\/flags\.json/ })
})

test('event-loop-block holds the loop for its time in each second', async () => {
  await using faults = await startFaults()
  faults.change('event-loop-block', 'late')
  const late: number[] = []
  for (let n = 0, from = performance.now(); performance.now() - from < 3_300; n += 1) {
    const at = performance.now()
    await sleep(10)
    if (performance.now() - at > 190) late.push(performance.now() - at)
  }
  assert.ok(late.length >= 3 && late.length <= 4, `late by ${late.join(', ')} ms`)
})

test('with FAULTS=off nothing of OpenFeature is loaded', async () => {
  const loadedWith = async (on: boolean): Promise<unknown> => {
    await using child = startChild(`
      import { createRequire } from 'node:module'
      import { openFaults } from '${KIT}/faults/open-faults.ts'
      import { log } from '${KIT}/telemetry/log.ts'
      const faults = await openFaults({ FAULTS: ${on} })
      const loaded = Object.keys(createRequire(import.meta.url).cache).filter((file) => file.includes('@openfeature'))
      log.info('loaded', { 'event.action': 'told', none: loaded.length === 0, faults: faults !== undefined })
    `)
    const { none, faults } = await child.waitForLine({ 'event.action': 'told' })
    return { none, faults }
  }
  assert.deepEqual(await loadedWith(false), { none: true, faults: false })
  assert.deepEqual(await loadedWith(true), { none: false, faults: true })
})
