import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectRedis } from '../../src/redis/connect.ts'
import { createRevocations } from '../../src/redis/revocations.ts'
import { Secret } from '../../src/runtime/config.ts'
import { eventually } from '../../src/testing/eventually.ts'
import { testRedisUrl } from '../../src/testing/stores.ts'
import { ownRedis } from '../own-servers.ts'

const process = async (stack: AsyncDisposableStack, url: Secret, now = Date.now) => {
  const redis = stack.use(connectRedis({ url }))
  const revocations = stack.use(createRevocations({ redis, now }))
  await revocations.caughtUp
  return Object.assign(revocations, { redis })
}

const session = (sessionId: string, userId = 1) => ({ sessionId, userId })

test('a revoked session is refused here before the call returns, and elsewhere a moment later', async () => {
  await using stack = new AsyncDisposableStack()
  const url = testRedisUrl()
  const [one, two] = [await process(stack, url), await process(stack, url)]
  const revoking = one.revokeSession('s-1')
  assert.ok(one.isRevoked(session('s-1')))
  await revoking
  await eventually(() => assert.ok(two.isRevoked(session('s-1'))), { timeoutMs: 1_000 })
  assert.ok(!two.isRevoked(session('s-2')))
})

test('a revoked user is refused in every session', async () => {
  await using stack = new AsyncDisposableStack()
  const one = await process(stack, testRedisUrl())
  await one.revokeUser(7)
  assert.ok(one.isRevoked(session('any', 7)))
  assert.ok(!one.isRevoked(session('any', 8)))
})

test('a process that starts later knows what was revoked before', async () => {
  await using stack = new AsyncDisposableStack()
  const url = testRedisUrl()
  const one = await process(stack, url)
  await one.revokeSession('s-1')
  await one.revokeUser(7)
  const late = await process(stack, url)
  assert.ok(late.isRevoked(session('s-1')) && late.isRevoked(session('other', 7)))
})

test('an entry is forgotten when no token from before it can be valid any more', async () => {
  await using stack = new AsyncDisposableStack()
  const url = testRedisUrl()
  let time = Date.now()
  const one = await process(stack, url, () => time)
  await one.revokeSession('s-1')
  time += 15 * 60_000 + 5_000
  assert.ok(one.isRevoked(session('s-1')))
  time += 60_000
  assert.ok(!one.isRevoked(session('s-1')))
  await one.revokeSession('s-2')
  assert.equal(await one.redis.client.zcard('revocations'), 1)
})

test('with Redis away this process still knows, starts without it, and tells the others when it is back', async () => {
  await using server = await ownRedis()
  await using stack = new AsyncDisposableStack()
  const url = new Secret(server.url)
  const [one, two] = [await process(stack, url), await process(stack, url)]
  await server.kill()
  const startedAt = performance.now()
  await one.revokeSession('while-away')
  assert.ok(performance.now() - startedAt < 300)
  assert.ok(one.isRevoked(session('while-away')))
  const three = await process(stack, url)
  await server.start()
  for (const other of [two, three]) await eventually(() => assert.ok(other.isRevoked(session('while-away'))))
})

test('a process that was deaf for a while catches up', async () => {
  await using server = await ownRedis()
  await using stack = new AsyncDisposableStack()
  const url = new Secret(server.url)
  const [one, two] = [await process(stack, url), await process(stack, url)]
  const listening = () => one.redis.client.pubsub('NUMSUB', 'revocations')
  await eventually(async () => assert.deepEqual(await listening(), ['revocations', 2]))
  await one.redis.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await one.revokeSession('unheard')
  await eventually(() => assert.ok(two.isRevoked(session('unheard'))))
})
