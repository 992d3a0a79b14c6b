import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { platform } from 'node:os'
import { after, before, test } from 'node:test'
import { authApi } from '@pharos/platform/contracts/http/auth'
import { liveApi } from '@pharos/platform/contracts/http/live'
import { usersApi } from '@pharos/platform/contracts/http/users'
import { openCaller } from './caller.ts'

const seen: { path: string; address: string; headers: IncomingMessage['headers'] }[] = []
const server = createServer((req, res) => {
  seen.push({ path: req.url ?? '', address: req.socket.remoteAddress ?? '', headers: req.headers })
  res.setHeader('x-correlation-id', req.headers['x-correlation-id'] ?? '')
  if (req.url?.endsWith('/stream') === true) return void res.write('retry: 2000\n\n')
  res.statusCode = req.url?.includes('nobody') === true ? 404 : 200
  res.end(JSON.stringify({ message: 'done', data: { id: 1 }, trace_id: 'of the answer' }))
})
let url = ''
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => {
  server.closeAllConnections()
  server.close()
})

test('each request has ids of its own, in its headers and noted with its answer', async () => {
  seen.length = 0
  await using caller = openCaller({ url, mark: 'test' })
  const first = await caller.send('getUser 200', usersApi.getUser, { params: { id: 7 }, token: 'abc' })
  const second = await caller.send('getUserByUsername 404', usersApi.getUserByUsername, {
    params: { username: 'nobody' },
  })
  assert.deepEqual(
    seen.map(({ path, headers }) => [path, headers['x-correlation-id'], headers.traceparent, headers.authorization]),
    [
      ['/api/v1/users/7', 'test-1', `00-${first.traceId}-${first.spanId}-01`, 'Bearer abc'],
      ['/api/v1/users/username/nobody', 'test-2', `00-${second.traceId}-${second.spanId}-01`, undefined],
    ],
  )
  assert.notEqual(first.traceId, second.traceId)
  assert.deepEqual([first.status, first.data, second.status], [200, { id: 1 }, 404])
  assert.deepEqual(second.answered, { correlationId: 'test-2', traceId: 'of the answer', message: 'done' })
  assert.deepEqual(caller.sent, [first, second])
})

test('of a stream the first part is an answer, and nobody waits for its end', async () => {
  await using caller = openCaller({ url, mark: 'test' })
  assert.equal((await caller.send('streamNotifications 200', liveApi.streamNotifications)).status, 200)
})

test('a request that is not answered is noted with the reason', async () => {
  await using caller = openCaller({ url: 'http://127.0.0.1:1', mark: 'test' })
  const { status, answered } = await caller.send('getUser 200', usersApi.getUser, { params: { id: 7 } })
  assert.equal(status, undefined)
  assert.match(answered.message ?? '', /ECONNREFUSED/)
})

const onLinux = { skip: platform() !== 'linux' && 'only Linux has more than one loopback address' }

test(
  'somebody comes from an address of their own, and credentials from a new one each few requests',
  onLinux,
  async () => {
    seen.length = 0
    await using caller = openCaller({ url, mark: 'test' })
    const from = caller.newAddress()
    await caller.send('getUser 200', usersApi.getUser, { params: { id: 7 }, from })
    assert.equal(seen[0]?.address, from)
    for (let n = 0; n < 13; n += 1) await caller.send('login 200', authApi.login, { body: {}, from })
    const logins = seen.slice(1).map(({ address }) => address)
    assert.equal(new Set(logins).size, 3)
    assert.ok(!logins.includes(from ?? ''))
  },
)
