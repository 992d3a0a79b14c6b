import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent, request } from 'undici'
import { listen } from './listen.ts'

test('a request in flight is answered on disposal, and its kept-alive connection does not hold disposal up', async () => {
  const arrived = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const server = await listen(
    (_req, res) => {
      arrived.resolve()
      void release.promise.then(() => res.end('done'))
    },
    { host: '127.0.0.1', port: 0 },
  )
  const dispatcher = new Agent({ keepAliveTimeout: 60_000 })
  const answer = request(server.url, { dispatcher })
  await arrived.promise
  const started = performance.now()
  const disposed = server[Symbol.asyncDispose]()
  release.resolve()
  assert.equal(await (await answer).body.text(), 'done')
  await disposed
  assert.ok(performance.now() - started < 2_000)
  await dispatcher.destroy()
})
