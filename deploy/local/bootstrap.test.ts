import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort } from './ports.ts'
import { temporaryHome, type TemporaryHome } from './temporary-home.ts'

let temporary: TemporaryHome
let root = ''
beforeEach(async () => {
  temporary = await temporaryHome()
  root = join(temporary.path, 'checkout')
  await mkdir(join(root, 'deploy/local'), { recursive: true })
  await copyFile(fileURLToPath(new URL('../bootstrap.mjs', import.meta.url)), join(root, 'deploy/bootstrap.mjs'))
  await writeFile(
    join(root, 'deploy/local/status.ts'),
    "process.stdout.write('ran ' + process.argv.slice(2).join()); process.exit(7)\n",
  )
})
afterEach(() => temporary[Symbol.asyncDispose]())

const lock = (version: string): string =>
  JSON.stringify({
    name: 'checkout',
    lockfileVersion: 3,
    packages: {
      '': { name: 'checkout', dependencies: { 'is-odd': version } },
      'node_modules/is-odd': { version, integrity: `sha512-${'A'.repeat(86)}==` },
    },
  })

const writeLock = async (): Promise<void> => {
  await writeFile(join(root, 'package.json'), JSON.stringify({ name: 'checkout', dependencies: { 'is-odd': '3.0.1' } }))
  await writeFile(join(root, 'package-lock.json'), lock('3.0.1'))
}

const runBootstrap = (args: readonly string[], env: Record<string, string> = {}) => {
  const result = spawnSync(process.execPath, ['deploy/bootstrap.mjs', ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: temporary.path, PHAROS_CACHE: join(temporary.path, 'cache'), ...env },
  })
  const sentence = result.stderr.split('\n').find((line) => line.startsWith('✖')) ?? ''
  return { code: result.status, out: result.stdout, sentence, err: result.stderr }
}

test('a download that fails is one sentence with what to do, and exit code 1', async () => {
  await writeLock()
  const registry = `http://127.0.0.1:${await freePort()}/`
  const { code, sentence } = runBootstrap(['status'], { npm_config_registry: registry, npm_config_fetch_retries: '0' })
  assert.equal(code, 1)
  assert.match(
    sentence,
    /^✖ Installing the dependencies \(npm ci\) failed: the registry refused .* run the same command again\.$/,
  )
})

test('without npm the sentence says so', async () => {
  await writeLock()
  const { code, sentence } = runBootstrap(['status'], { PATH: '/nowhere' })
  assert.equal(code, 1)
  assert.match(sentence, /^✖ npm is missing: install Node\.js with npm/)
})

test('dependencies that are already installed are not installed again; arguments and exit code pass through', async () => {
  await writeLock()
  await mkdir(join(root, 'node_modules'))
  await writeFile(join(root, 'node_modules/.package-lock.json'), lock('3.0.1'))
  const { code, out, err } = runBootstrap(['status', 'a', '--b'], { PATH: '/nowhere' })
  assert.deepEqual([code, out, err], [7, 'ran a,--b', ''])
  assert.match(await readFile(join(root, 'node_modules/.pharos-stamp'), 'utf8'), /^[0-9a-f]{64}$/)
})

test('exec runs any command with the checkout as its folder, and passes its exit code on', async () => {
  await writeLock()
  await mkdir(join(root, 'node_modules'))
  await writeFile(join(root, 'node_modules/.package-lock.json'), lock('3.0.1'))
  const { code, out } = runBootstrap(['exec', 'node', '-e', 'console.log(process.cwd()); process.exit(9)'])
  assert.deepEqual([code, out], [9, `${root}\n`])
  assert.match(runBootstrap(['exec']).sentence, /^✖ Usage: npm start/)
  assert.match(runBootstrap(['destroy']).sentence, /^✖ Usage: npm start/)
})

test('other versions than the lockfile names are not taken for installed', async () => {
  await writeLock()
  await mkdir(join(root, 'node_modules'))
  await writeFile(join(root, 'node_modules/.package-lock.json'), lock('3.0.0'))
  assert.match(runBootstrap(['status'], { PATH: '/nowhere' }).sentence, /npm is missing/)
})
