import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { text } from 'node:stream/consumers'
import { provision } from './provision.ts'

type Call = { call: string; authorization: string | undefined; body: string }
type Answer = { status: number; body: unknown }

/** Answers as a server with security and ILM does, and as Kibana; keeps what it was asked. */
const startFake = async (answerFor: (call: string) => Answer | undefined) => {
  const calls: Call[] = []
  const server = createServer((req, res) => {
    void text(req).then((body) => {
      const call = `${req.method} ${req.url}`
      calls.push({ call, authorization: req.headers.authorization, body })
      const missing = req.method === 'GET' && !/health|status/.test(call)
      const { status, body: answer } = answerFor(call) ?? { status: missing ? 404 : 200, body: { success: true } }
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    [Symbol.asyncDispose]: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}

const run = (address: string, more: { kibana?: string; waitMs?: number } = {}): Promise<void> =>
  provision({
    elasticsearch: `http://admin:p%40ss@${address}`,
    environment: 'test',
    passwords: { writer: 'w' },
    say: () => {},
    ...more,
  })

test('Elasticsearch gets policy, template, data stream, roles and the users that have a password, in this order', async () => {
  await using fake = await startFake(() => undefined)
  await run(fake.address)
  assert.deepEqual(
    fake.calls.map(({ call }) => call),
    [
      'GET /_cluster/health',
      'PUT /_ilm/policy/logs-pharos',
      'GET /_index_template/logs-pharos',
      'PUT /_index_template/logs-pharos',
      'GET /_data_stream/logs-pharos-test',
      'PUT /_data_stream/logs-pharos-test',
      'PUT /_security/role/pharos-logs-writer',
      'PUT /_security/role/pharos-logs-reader',
      'PUT /_security/user/pharos-logs-writer',
    ],
  )
  const template = JSON.parse(fake.calls[3]?.body ?? '') as {
    template: { settings: { index: Record<string, unknown> } }
  }
  assert.deepEqual(template.template.settings.index['lifecycle'], { name: 'logs-pharos' })
  assert.equal(fake.calls[0]?.authorization, `Basic ${Buffer.from('admin:p@ss').toString('base64')}`)
})

test('the writer may add documents and nothing else', async () => {
  await using fake = await startFake(() => undefined)
  await run(fake.address)
  const role = fake.calls.find(({ call }) => call === 'PUT /_security/role/pharos-logs-writer')
  const { indices } = JSON.parse(role?.body ?? '') as { indices: unknown }
  assert.deepEqual(indices, [{ names: ['logs-pharos-*'], privileges: ['create_doc', 'auto_configure'] }])
})

test('a refusal is an error with the reason of the server, and a wrong password is not tried for long', async () => {
  await using fake = await startFake((call) => {
    if (call.startsWith('PUT /_index')) return { status: 400, body: { error: { reason: 'unknown setting' } } }
    return undefined
  })
  await assert.rejects(run(fake.address), /PUT \/_index_template\/logs-pharos was refused \(400\): unknown setting/)
  await using closed = await startFake(() => ({ status: 401, body: { error: { reason: 'unable to authenticate' } } }))
  await assert.rejects(run(closed.address), /refused \(401\): unable to authenticate/)
  assert.equal(closed.calls.length, 1)
})

test('a server that never answers ends in an error', async () => {
  await using fake = await startFake(() => ({ status: 503, body: {} }))
  await assert.rejects(run(fake.address, { waitMs: 1 }), /Elasticsearch did not answer in time/)
})

test('what Kibana could not import is an error, although it answers 200', async () => {
  await using fake = await startFake((call) =>
    call.startsWith('POST /api/saved_objects') ? { status: 200, body: { success: false, errors: ['x'] } } : undefined,
  )
  await assert.rejects(run(fake.address, { kibana: `http://${fake.address}` }), /Kibana did not import .*\.ndjson/)
})
