import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { descendantsOf, identityOf, type ProcessIdentity } from '../../local/process-identity.ts'
import { readRunState } from '../../local/run-state.ts'
import { readSettings } from '../../local/settings.ts'
import { sleeper } from '../../local/supervisor-fixture.ts'
import { Supervisor } from '../../local/supervisor.ts'
import { temporaryHome, type TemporaryHome } from '../../local/temporary-home.ts'
import { inject, mendAll } from '../inject.ts'
import { brokenNow } from '../left-broken.ts'
import { targetOf, type Target } from '../target.ts'
import { stopTree, continueTree } from './processes.ts'

const PART = 'store'

let home: TemporaryHome
let supervisor: Supervisor
let target: Target
beforeEach(async () => {
  home = await temporaryHome()
  target = targetOf({ ...readSettings({}), home: home.path })
  supervisor = new Supervisor({ home: home.path, say: () => {} })
  await supervisor.up([sleeper(home.path, PART)])
})
afterEach(async () => {
  await supervisor.down()
  await home[Symbol.asyncDispose]()
})

const running = (): ProcessIdentity => {
  const process = readRunState(home.path)?.parts.find(({ name }) => name === PART)?.process
  assert.ok(process)
  return process
}

/** As /proc has it: T is stopped, S sleeps. */
const stateOf = ({ pid }: ProcessIdentity): string => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2)[0] ?? ''
}

const eventually = async (check: () => boolean): Promise<void> => {
  const deadline = performance.now() + 10_000
  while (!check()) {
    assert.ok(performance.now() < deadline, `still not so after 10 s: ${check.toString()}`)
    await delay(10)
  }
}

const isBack = (before: ProcessIdentity) => (): boolean => {
  const state = readRunState(home.path)?.parts.find(({ name }) => name === PART)
  return state?.state === 'ready' && state.process?.pid !== before.pid
}

const lines = (): Record<string, string>[] =>
  readFileSync(join(home.path, 'logs/faults.log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>)

test('a part that is killed once comes back, and the repair has nothing to do', async () => {
  const before = running()
  const { repair } = await inject({ name: 'killed', injection: { by: 'kill', part: PART } }, target)
  await eventually(isBack(before))
  const after = running()
  await repair()
  await delay(100)
  assert.equal(running().pid, after.pid)
})

test('a part that is killed again and again is found by its new pid, until the repair', async () => {
  const seen = new Set<number>()
  const { repair } = await inject({ name: 'killed', injection: { by: 'kill', part: PART, everySeconds: 0.05 } }, target)
  await eventually(() => {
    const { process } = readRunState(home.path)?.parts[0] ?? {}
    if (process !== undefined) seen.add(process.pid)
    return (readRunState(home.path)?.parts[0]?.restarts ?? 0) >= 2
  })
  await repair()
  await eventually(() => readRunState(home.path)?.parts[0]?.state === 'ready')
  const { pid } = running()
  await delay(200)
  assert.equal(running().pid, pid)
})

test('a part that is stopped stays so until the repair, which may be asked for twice', async () => {
  const { repair } = await inject({ name: 'stopped', injection: { by: 'stop', part: PART } }, target)
  await eventually(() => stateOf(running()) === 'T')
  assert.deepEqual(
    brokenNow(home.path).map(({ fault }) => fault),
    ['stopped'],
  )
  await Promise.all([repair(), repair()])
  await eventually(() => stateOf(running()) !== 'T')
  assert.deepEqual(brokenNow(home.path), [])
  assert.deepEqual(
    lines().map((line) => [line['event.action'], line['fault.name'], line['log.level'], line['fault.target']]),
    [
      ['fault.injected', 'stopped', 'warn', PART],
      ['fault.repaired', 'stopped', 'warn', PART],
    ],
  )
  for (const line of lines()) assert.match(line['@timestamp'] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

test('what is not to be named is not, before it is repaired', async () => {
  const { repair } = await inject({ name: 'stopped', injection: { by: 'stop', part: PART } }, target, { unnamed: true })
  assert.ok(!readFileSync(join(home.path, 'logs/faults.log'), 'utf8').includes('stopped'))
  await repair()
  assert.equal(lines().at(-1)?.['fault.name'], 'stopped')
})

test('whoever has children is stopped and let go with all of them', async () => {
  await using stack = new AsyncDisposableStack()
  const parent = spawn('sh', ['-c', 'sh -c "sleep 60; true" & sleep 60; true'], { stdio: 'ignore', detached: true })
  assert.ok(parent.pid)
  const root = identityOf(parent.pid)
  stack.defer(async () => {
    process.kill(-root.pid, 'SIGKILL')
    await once(parent, 'exit')
  })
  await eventually(() => descendantsOf(root.pid).length === 3)
  const all = [root, ...descendantsOf(root.pid)]
  stopTree(root)
  await eventually(() => all.every((each) => stateOf(each) === 'T'))
  continueTree(root)
  await eventually(() => all.every((each) => stateOf(each) !== 'T'))
})

test('a part that stutters stands still and goes on in turn, and goes on after the repair', async () => {
  const injection = { by: 'stutter', part: PART, forMs: 60, thenMs: 60 } as const
  const { repair } = await inject({ name: 'stuttering', injection }, target)
  for (let turn = 0; turn < 3; turn += 1) {
    await eventually(() => stateOf(running()) === 'T')
    await eventually(() => stateOf(running()) !== 'T')
  }
  await repair()
  for (let look = 0; look < 20; look += 1) {
    assert.notEqual(stateOf(running()), 'T')
    await delay(10)
  }
})

/** Another process breaks it and is killed in the middle of it. */
const breakAndDie = async (injection: unknown): Promise<void> => {
  const code = `
    import { inject } from '${new URL('../inject.ts', import.meta.url).href}'
    import { targetOf } from '${new URL('../target.ts', import.meta.url).href}'
    import { readSettings } from '${new URL('../../local/settings.ts', import.meta.url).href}'
    const target = targetOf({ ...readSettings({}), home: ${JSON.stringify(home.path)} })
    await inject({ name: 'left', injection: ${JSON.stringify(injection)} }, target)
    process.kill(process.pid, 'SIGKILL')`
  const died = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code])
  await assert.rejects(died, { signal: 'SIGKILL' })
}

test('what a process that was killed has left broken is mended by the next', async () => {
  await breakAndDie({ by: 'stop', part: PART })
  assert.equal(stateOf(running()), 'T')
  assert.deepEqual(await mendAll(target), ['left'])
  await eventually(() => stateOf(running()) !== 'T')
  assert.deepEqual(await mendAll(target), [])
  assert.deepEqual(
    lines().map((line) => line['event.action']),
    ['fault.injected', 'fault.repaired'],
  )
})

test('what somebody else holds broken is left to them', async () => {
  await using stack = new AsyncDisposableStack()
  const code = `
    import { inject } from '${new URL('../inject.ts', import.meta.url).href}'
    import { targetOf } from '${new URL('../target.ts', import.meta.url).href}'
    import { readSettings } from '${new URL('../../local/settings.ts', import.meta.url).href}'
    const target = targetOf({ ...readSettings({}), home: ${JSON.stringify(home.path)} })
    await inject({ name: 'held', injection: { by: 'stop', part: '${PART}' } }, target)
    console.log('broken')
    setInterval(() => {}, 1000)`
  const other = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  stack.defer(async () => {
    other.kill('SIGKILL')
    await once(other, 'exit')
    await mendAll(target)
  })
  await once(other.stdout, 'data')
  await assert.rejects(mendAll(target), /Failure: held is broken by process \d+, which mends it/)
  assert.equal(stateOf(running()), 'T')
})

test('a part that is not there is refused, and nothing is noted as broken', async () => {
  const nowhere = inject({ name: 'none', injection: { by: 'stop', part: 'cellar' } }, target)
  await assert.rejects(nowhere, /Failure: There is nothing to break: cellar is no part of this run/)
  assert.deepEqual(brokenNow(home.path), [])
})

test('a file of what is broken that cannot be read is not taken for none', async () => {
  const { writeFile } = await import('node:fs/promises')
  await writeFile(join(home.path, 'run/faults.json'), '[{')
  await assert.rejects(mendAll(target), /is damaged: "npm run stop", remove it/)
})
