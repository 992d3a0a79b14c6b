import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { Failure } from './failure.ts'
import { freePort, freePorts, parsePort, requireFree } from './ports.ts'

test('a busy port is named with its holder and the variable that changes it', async () => {
  const port = await freePort()
  const server = createServer().listen(port, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  try {
    await assert.rejects(requireFree(port, 'Redis', 'PHAROS_PORT_REDIS'), (error) => {
      assert.ok(error instanceof Failure)
      assert.match(error.message, new RegExp(`^Port ${port} \\(Redis\\) is taken by .*PHAROS_PORT_REDIS\\.$`))
      if (process.platform === 'linux') assert.match(error.message, new RegExp(`\\(pid ${process.pid}\\)`))
      return true
    })
  } finally {
    server.close()
  }
})

test('a free port passes', async () => {
  await requireFree(await freePort(), 'Redis', 'PHAROS_PORT_REDIS')
})

test('a port variable falls back to its default, and is refused by name when it is no port', () => {
  assert.equal(parsePort('PHAROS_PORT_REDIS', undefined, 6379), 6379)
  assert.equal(parsePort('PHAROS_PORT_REDIS', '', 6379), 6379)
  assert.equal(parsePort('PHAROS_PORT_REDIS', '16379', 6379), 16_379)
  for (const text of ['0', '65536', '-1', '80a', '1e3', ' ']) {
    assert.throws(() => parsePort('PHAROS_PORT_REDIS', text, 6379), /^Failure: PHAROS_PORT_REDIS is ".*"/)
  }
})

test('free ports differ and lie below the range of outgoing connections', async () => {
  const ports = await freePorts(20)
  assert.equal(new Set(ports).size, 20)
  for (const port of ports) assert.ok(port >= 1024 && port < 32_768)
})
