import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { startTestSystem, type TestSystem } from '../tests/test-system.ts'
import { complaints, renderReport } from './report.ts'
import { runTraffic } from './run-traffic.ts'
import { seedPlatform } from './seed.ts'

const TRAFFIC = { rate: 100, seconds: 6, users: 12, seed: 3, day: 6 }
const SEED = { users: 12, postsPerUser: 2, followsPerUser: 3, seed: 3 }

describe('against the whole platform', () => {
  let platform: TestSystem
  before(async () => {
    // With an address for each, nobody is limited who behaves; elsewhere than on Linux all have the same one.
    platform = await startTestSystem({ env: { RATE_LIMIT: process.platform === 'linux' ? 'on' : 'off' } })
  })
  after(() => platform[Symbol.asyncDispose]())

  test('people are seeded once, and a second run finds them', async () => {
    const { url } = platform.system
    const first = await seedPlatform({ ...SEED, url })
    assert.deepEqual([first.people.made, first.posts.made], [12, 24])
    assert.equal(first.follows.made, first.follows.total)
    const again = await seedPlatform({ ...SEED, url })
    assert.deepEqual([again.people.made, again.posts.made, again.follows.made], [0, 0, 0])
    const more = await seedPlatform({ ...SEED, postsPerUser: 3, url })
    assert.equal(more.posts.made, 12)
  })

  test('every answer to life-like traffic is what the contract says', async () => {
    const report = await runTraffic({ ...TRAFFIC, url: platform.system.url })
    assert.deepEqual(complaints(report), [], renderReport(report))
    assert.ok(report.count > 400, String(report.count))
    assert.ok(report.operations.length > 25, String(report.operations.length))
  })

  test('a run that is told to stop ends at once, with what it has seen', async () => {
    const stopping = new AbortController()
    const run = runTraffic({
      ...TRAFFIC,
      url: platform.system.url,
      seconds: 60,
      signal: stopping.signal,
      say: (part, message) =>
        void (part === 'traffic' && /correlation/.test(message) && setTimeout(() => stopping.abort(), 500)),
    })
    const report = await run
    assert.ok(report.seconds < 5, String(report.seconds))
    assert.deepEqual(complaints(report), [])
  })
})

/** A system that gives everybody the same answer. */
const startStubborn = async (status: number, body: object) => {
  const server = createServer((_, res) => res.writeHead(status).end(JSON.stringify(body))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return { url, [Symbol.dispose]: () => server.close().closeAllConnections() }
}

test('a system that limits everything is said to be one, with what to do', async () => {
  using server = await startStubborn(429, { message: 'too many requests' })
  await assert.rejects(runTraffic({ ...TRAFFIC, url: server.url }), /"RATE_LIMIT=off npm start"/)
  await assert.rejects(seedPlatform({ ...SEED, url: server.url }), /"RATE_LIMIT=off npm start"/)
})

test('where nothing answers it says where it looked', () =>
  assert.rejects(runTraffic({ ...TRAFFIC, url: 'http://127.0.0.1:1' }), /Nothing answers at http:\/\/127\.0\.0\.1:1 /))
