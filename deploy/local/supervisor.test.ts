import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Failure } from './failure.ts'
import { isAlive, signalProcess, type ProcessIdentity } from './process-identity.ts'
import { readRunState, takeHome, type PartState } from './run-state.ts'
import { sleeper } from './supervisor-fixture.ts'
import { Supervisor } from './supervisor.ts'
import { temporaryHome, type TemporaryHome } from './temporary-home.ts'

let temporary: TemporaryHome
let home = ''
let lines: string[] = []
let supervisor: Supervisor
beforeEach(async () => {
  temporary = await temporaryHome()
  home = temporary.path
  lines = []
  supervisor = new Supervisor({ home, say: (part, message) => lines.push(`${part} ${message}`) })
})
afterEach(async () => {
  await supervisor.down()
  await temporary[Symbol.asyncDispose]()
})

const eventually = async (check: () => boolean): Promise<void> => {
  const deadline = performance.now() + 10_000
  while (!check()) {
    assert.ok(performance.now() < deadline, `still not so after 10 s: ${check.toString()}`)
    await delay(10)
  }
}

const stateOf = (name: string): PartState | undefined => readRunState(home)?.parts.find((part) => part.name === name)

const identityOfPart = (name: string): ProcessIdentity => {
  const identity = stateOf(name)?.process
  assert.ok(identity)
  return identity
}

test('parts start after their needs and stop before them', async () => {
  await supervisor.up([sleeper(home, 'store'), sleeper(home, 'service', ['store', 'not in this run'])])
  await supervisor.down()
  const order = lines.map((line) => line.replace(/ \(.*/, ''))
  assert.deepEqual(order, ['store ready', 'service ready', 'service stopped', 'store stopped'])
  assert.equal(stateOf('service')?.state, 'stopped')
  assert.deepEqual(
    await readdir(supervisor.runFolder).then((names) => names.filter((name) => name.endsWith('.pid'))),
    [],
  )
})

test('a process that crashed is started again, and its log says so', async () => {
  await supervisor.up([sleeper(home, 'store')])
  const first = identityOfPart('store')
  signalProcess(first, 'SIGKILL')
  await eventually(() => stateOf('store')?.state === 'ready' && stateOf('store')?.restarts === 1)
  assert.notEqual(identityOfPart('store').pid, first.pid)
  assert.ok(lines.some((line) => line.startsWith('store ended (signal SIGKILL); starting it again in 0.5 s')))
  assert.ok(isAlive(identityOfPart('store')))
  assert.equal(await readFile(join(home, 'logs/store.log'), 'utf8'), 'up\nup\n')
})

test('a part that cannot start fails the whole start, and nothing is left', async () => {
  const broken = {
    name: 'broken',
    after: ['store'],
    start: () => Promise.reject(new Failure('There is no disk: buy one.')),
  }
  await assert.rejects(supervisor.up([sleeper(home, 'store'), broken, sleeper(home, 'service', ['broken'])]), /buy one/)
  const store = identityOfPart('store')
  await supervisor.down()
  assert.equal(isAlive(store), false)
  assert.equal(stateOf('service')?.state, 'waiting')
})

test('an optional part that cannot start is left out with a sentence', async () => {
  await supervisor.up([sleeper(home, 'store')])
  await supervisor.optional({ name: 'extra', after: [], start: () => Promise.reject(new Failure('No Go here.')) })
  assert.deepEqual([stateOf('extra')?.state, stateOf('extra')?.detail], ['skipped', 'No Go here.'])
  assert.equal(stateOf('store')?.state, 'ready')
})

test('a process that does not listen to SIGTERM is killed when its time is over', async () => {
  await supervisor.up([sleeper(home, 'deaf', [], true)])
  const deaf = identityOfPart('deaf')
  await supervisor.down()
  assert.equal(isAlive(deaf), false)
})

test(
  'nothing is left running when the supervisor itself is killed',
  { skip: process.platform !== 'linux' && 'needs setpriv' },
  async () => {
    const script = fileURLToPath(new URL('supervisor-fixture.ts', import.meta.url))
    const child = spawn(process.execPath, [script, home], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    const identities = ['store', 'service'].map(identityOfPart)
    assert.ok(identities.every(isAlive))
    child.kill('SIGKILL')
    await eventually(() => !identities.some(isAlive))
  },
)

test('a second supervisor in the same home is refused, and the home of a dead one is free', () => {
  using _first = takeHome(home)
  assert.throws(() => takeHome(home), /already runs in this checkout \(pid \d+\): "npm run status" .* "npm run stop"/)
})
