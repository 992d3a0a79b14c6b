import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { eventually } from '@pharos/platform/testing/eventually'
import { exchange, readAll, startGateway } from './start-gateway.ts'

const get = (port: number, path: string, headers = {}) => {
  const { req, answer } = exchange(port, path, { headers })
  req.end()
  return answer
}

test('path and query reach the service exactly as they were sent', async () => {
  await using gateway = await startGateway()
  for (const path of [
    '/users/username/a%2Fb%20c',
    '/users/search?query=a+b%20c&limit=%31&query=x',
    '/users/5/',
    '/users/..%2f..%2fx',
  ]) {
    await readAll(await get(gateway.port, path))
    assert.equal(gateway.peer.seen.at(-1)?.url, `/api/v1${path}`)
  }
})

const bodies: Record<string, Buffer> = {
  'a short text': Buffer.from('{"name":"ünïcödé €😀"}'),
  'every byte value': Buffer.from(Array.from({ length: 256 }, (_x, byte) => byte)),
  gzip: gzipSync(randomBytes(3_000)),
  'one that is larger than one write': randomBytes(300_000),
  'an empty one': Buffer.alloc(0),
}

for (const [what, body] of Object.entries(bodies)) {
  test(`an answer passes through byte for byte: ${what}`, async () => {
    await using gateway = await startGateway({
      answer: (_req, res) => {
        const headers = {
          'content-type': 'x/y',
          'content-encoding': 'gzip',
          'content-length': body.length,
          etag: 'W/"1"',
        }
        res.writeHead(200, 'Fine', headers).end(body)
      },
    })
    const answer = await get(gateway.port, '/users/5')
    assert.deepEqual(await readAll(answer), body)
    const { 'content-type': type, 'content-encoding': encoding, 'content-length': length, etag } = answer.headers
    assert.deepEqual([type, encoding, length, etag], ['x/y', 'gzip', String(body.length), 'W/"1"'])
  })
}

test('an answer without length passes through in pieces, each as soon as it is there', async () => {
  const second = Promise.withResolvers<void>()
  await using gateway = await startGateway({
    answer: (_req, res) => {
      res.write('first ')
      void second.promise.then(() => res.end('second'))
    },
  })
  const answer = await get(gateway.port, '/users/5')
  const [first] = (await once(answer, 'data')) as [Buffer]
  assert.equal(first.toString(), 'first ')
  second.resolve()
  assert.equal((await readAll(answer)).toString(), 'second')
})

test('a request body passes through byte for byte, with and without declared length', async () => {
  await using gateway = await startGateway({ answer: (req, res) => void req.pipe(res) })
  const body = randomBytes(700_000)
  for (const headers of [{ 'content-length': body.length }, { 'transfer-encoding': 'chunked' }]) {
    const { req, answer } = exchange(gateway.port, '/auth/login', { method: 'POST', headers })
    req.end(body)
    assert.ok((await readAll(await answer)).equals(body))
    const seen = gateway.peer.seen.at(-1)?.headers
    assert.equal(seen?.['content-length'], 'content-length' in headers ? String(body.length) : undefined)
  }
})

test('a client that reads slowly slows the service down: the gateway does not hold the answer in memory', async () => {
  const total = 64 * 1_024 * 1_024
  const chunk = randomBytes(64 * 1_024)
  let produced = 0
  await using gateway = await startGateway({
    answer: (_req, res) => {
      const produce = (): void => {
        while (produced < total) {
          produced += chunk.length
          if (!res.write(chunk)) return void res.once('drain', produce)
        }
        res.end()
      }
      produce()
    },
  })
  const answer = await get(gateway.port, '/users/5')
  answer.pause()
  let before = -1
  await eventually(
    () => {
      const now = produced
      const still = now === before
      before = now
      assert.ok(still && now > 0)
    },
    { intervalMs: 300 },
  )
  assert.ok(produced < total / 2, `${produced} bytes were produced for a client that reads nothing`)
  const hash = createHash('sha1')
  for await (const part of answer as AsyncIterable<Buffer>) hash.update(part)
  const expected = createHash('sha1')
  for (let sent = 0; sent < total; sent += chunk.length) expected.update(chunk)
  assert.equal(hash.digest('hex'), expected.digest('hex'))
})

test('fields of one connection go no further, in both directions', async () => {
  await using gateway = await startGateway({
    answer: (_req, res) => {
      res.writeHead(200, {
        Connection: 'close, X-Hop',
        'X-Hop': '1',
        'Keep-Alive': 'timeout=99',
        'X-Kept': 'yes',
        'Set-Cookie': ['a=1', 'b=2'],
      })
      res.end('{}')
    },
  })
  const answer = await get(gateway.port, '/users/5', {
    connection: 'x-hop, close',
    'x-hop': '1',
    'keep-alive': 'timeout=5',
    te: 'trailers',
    'proxy-authorization': 'Basic x',
    'proxy-connection': 'close',
    'x-kept': 'yes',
    authorization: 'Bearer x',
    'accept-encoding': 'br',
  })
  const seen = gateway.peer.seen[0]?.headers ?? {}
  for (const name of ['x-hop', 'te', 'proxy-authorization', 'proxy-connection'])
    assert.equal(seen[name], undefined, name)
  assert.deepEqual([seen['x-kept'], seen.authorization, seen['accept-encoding']], ['yes', 'Bearer x', 'br'])
  assert.equal(seen.host, new URL(gateway.peer.url).host)
  assert.deepEqual([answer.headers['x-hop'], answer.headers['x-kept']], [undefined, 'yes'])
  assert.notEqual(answer.headers['keep-alive'], 'timeout=99')
  assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2'])
})

const forwardedOf = ({ headers }: IncomingMessage) => headers['x-forwarded-for']

test('X-Forwarded-For is the address of the client, whatever the client claims', async () => {
  await using gateway = await startGateway()
  const claims = {
    'x-forwarded-for': '6.6.6.6',
    forwarded: 'for=6.6.6.6',
    'x-forwarded-host': 'evil',
    'x-forwarded-proto': 'https',
  }
  await readAll(await get(gateway.port, '/users/5', claims))
  const [seen = assert.fail()] = gateway.peer.seen
  assert.equal(forwardedOf(seen), '127.0.0.1')
  for (const name of ['forwarded', 'x-forwarded-host', 'x-forwarded-proto']) {
    assert.notEqual(seen.headers[name], claims[name as keyof typeof claims], name)
  }
})

test('a proxy in front that is named as trusted is believed', async () => {
  await using gateway = await startGateway({ trustProxy: ['loopback'] })
  await readAll(await get(gateway.port, '/users/5', { 'x-forwarded-for': '6.6.6.6, 7.7.7.7' }))
  assert.equal(forwardedOf(gateway.peer.seen[0] ?? assert.fail()), '7.7.7.7')
})

test('the correlation id and the trace continue in the service', async () => {
  await using gateway = await startGateway()
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const answer = await get(gateway.port, '/users/5', { 'x-request-id': 'mine', traceparent })
  const seen = gateway.peer.seen[0]?.headers ?? {}
  assert.deepEqual(
    [seen['x-correlation-id'], seen['x-request-id'], answer.headers['x-correlation-id']],
    ['mine', undefined, 'mine'],
  )
  assert.match(String(seen['traceparent']), /^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/)
  assert.notEqual(seen['traceparent'], traceparent)
})

test('HEAD, 204 and 304 pass through without a body', async () => {
  await using gateway = await startGateway({
    answer: (req, res) => {
      const status = req.method === 'HEAD' ? 200 : req.method === 'DELETE' ? 204 : 304
      res.writeHead(status, status === 200 ? { 'content-length': 77, etag: '"1"' } : {}).end()
    },
  })
  const head = await gateway.client.request('HEAD', '/users/5')
  assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', '77'])
  const removed = await gateway.client.delete('/users/5', { token: await gateway.issuer.token() })
  assert.deepEqual([removed.status, removed.text], [204, ''])
  assert.equal((await gateway.client.get('/users/5', { headers: { 'if-none-match': '"1"' } })).status, 304)
})

test('an informational answer in front of the real one does no harm', async () => {
  await using gateway = await startGateway({
    answer: (_req, res) => {
      res.writeProcessing()
      res.writeEarlyHints({ link: '</x>; rel=preload' })
      res.end('{"status":200}')
    },
  })
  const { status, text } = await gateway.client.get('/users/5')
  assert.deepEqual([status, text], [200, '{"status":200}'])
})

test('many requests at once each get their own answer', async () => {
  await using gateway = await startGateway({ answer: (req, res) => void setImmediate(() => res.end(req.url)) })
  const answers = await Promise.all(Array.from({ length: 300 }, (_x, id) => gateway.client.get(`/users/${id + 1}`)))
  for (const [id, { text }] of answers.entries()) assert.equal(text, `/api/v1/users/${id + 1}`)
})
