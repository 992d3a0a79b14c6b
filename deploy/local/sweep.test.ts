import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts'
import { sweep } from './sweep.ts'

const onLinux = { skip: process.platform !== 'linux' && 'needs /proc' }

let folder = ''
const children: ReturnType<typeof spawn>[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pharos-sweep-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

const sleeper = async (): Promise<ProcessIdentity> => {
  const child = spawn('sleep', ['600'])
  children.push(child)
  await once(child, 'spawn')
  return identityOf(child.pid ?? 0)
}

const record = (name: string, identity: ProcessIdentity): Promise<void> =>
  writeFile(join(folder, `${name}.pid`), JSON.stringify({ ...identity, name }))

test('a process that a pid file names is ended', onLinux, async () => {
  const identity = await sleeper()
  await record('users', identity)
  assert.deepEqual(await sweep(folder), ['users'])
  assert.equal(isAlive(identity), false)
  assert.deepEqual(await readdir(folder), [])
})

test('a foreign process that got the pid of an old one is never touched', onLinux, async () => {
  const identity = await sleeper()
  await record('earlier', { ...identity, startTime: String(Number(identity.startTime) - 1) })
  await record('before-reboot', { ...identity, boot: 'another-boot' })
  assert.deepEqual(await sweep(folder), [])
  assert.equal(isAlive(identity), true)
  assert.deepEqual(await readdir(folder), [])
})

test('damaged pid files and processes long gone are no trouble', async () => {
  await writeFile(join(folder, 'broken.pid'), '{"pid":')
  await record('gone', { pid: 2 ** 22 + 1, startTime: '1', boot: '' })
  assert.deepEqual(await sweep(folder), [])
  assert.deepEqual(await readdir(folder), [])
  assert.deepEqual(await sweep(join(folder, 'missing')), [])
})
