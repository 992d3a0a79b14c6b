import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { readSettings } from './settings.ts'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pharos-settings-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

test('ports have defaults, and the management port lies 1000 above its service', () => {
  const { ports, servicePorts } = readSettings({ PHAROS_PORT_USERS: '18081', PHAROS_PORT_REDIS: '16379' }, root)
  assert.equal(ports.POSTGRES, 5432)
  assert.equal(ports.REDIS, 16_379)
  assert.deepEqual(servicePorts.users, { http: 18_081, management: 19_081 })
  assert.deepEqual(servicePorts.gateway, { http: 8080, management: 9080 })
})

test('.env is read, and what is really set wins over it', async () => {
  await writeFile(join(root, '.env'), 'PHAROS_PORT_REDIS=1111\nPHAROS_PORT_KAFKA=2222\n')
  const { ports } = readSettings({ PHAROS_PORT_REDIS: '3333' }, root)
  assert.equal(ports.REDIS, 3333)
  assert.equal(ports.KAFKA, 2222)
})

test('two parts on one port are refused by the names of their variables', () => {
  assert.throws(
    () => readSettings({ PHAROS_PORT_GATEWAY: '8090' }, root),
    /PHAROS_PORT_PROMETHEUS and PHAROS_PORT_GATEWAY \+ 1000 \(management\) are both set to port 9090/,
  )
})

test('an address given by environment stands for the store', () => {
  const { given } = readSettings({ REDIS_URL: 'redis://elsewhere:6379' }, root)
  assert.deepEqual(given, { redis: 'redis://elsewhere:6379' })
})

test('a switch is on or off and nothing else', () => {
  assert.equal(readSettings({ PHAROS_COLLECTOR: 'off' }, root).receivers.collector, false)
  assert.throws(() => readSettings({ PHAROS_COLLECTOR: 'no' }, root), /PHAROS_COLLECTOR is "no"/)
})

test('rules are the real ones unless the fast ones are asked for', () => {
  assert.equal(readSettings({}, root).rules, 'real')
  assert.equal(readSettings({ PHAROS_RULES: 'fast' }, root).rules, 'fast')
  assert.throws(() => readSettings({ PHAROS_RULES: 'quick' }, root), /PHAROS_RULES is "quick".* "real" or "fast"/)
})
