import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { loadSecrets } from './secrets.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pharos-secrets-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('secrets are made once, and only their owner may read them', async () => {
  const file = join(folder, 'secrets.json')
  const made = loadSecrets(file)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.deepEqual(loadSecrets(file), made)
  const { databases, ...rest } = made
  const all = [...Object.values(rest), ...Object.values(databases)]
  assert.equal(new Set(all).size, all.length)
  for (const secret of all) assert.ok(secret.length >= 32)
})

test('a secret that is missing from an older file is added, the others stay', async () => {
  const file = join(folder, 'secrets.json')
  await writeFile(file, JSON.stringify({ postgres: 'kept', databases: { users: 'kept too' } }), { mode: 0o644 })
  const secrets = loadSecrets(file)
  assert.equal(secrets.postgres, 'kept')
  assert.equal(secrets.databases['users'], 'kept too')
  assert.ok(secrets.databases['auth'])
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), secrets)
})

test('a damaged file is named, not overwritten', async () => {
  const file = join(folder, 'secrets.json')
  await writeFile(file, '{"postgres": ')
  assert.throws(() => loadSecrets(file), /secrets\.json is damaged: .*--fresh/)
  assert.equal(await readFile(file, 'utf8'), '{"postgres": ')
})
