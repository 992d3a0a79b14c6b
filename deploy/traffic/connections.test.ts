import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'node:test'
import { postsApi } from '@pharos/platform/contracts/http/posts'
import { addressOf } from './addresses.ts'
import { openApi } from './api.ts'

const API = 'http://127.0.0.1:8080'

test('everybody has an address of their own, and none is one that servers use', () => {
  const people = [0, 1, 253, 254, 65_023, 65_024, 9_999_999]
  const addresses = people.map((person) => addressOf(API, person, 'linux'))
  assert.deepEqual(addresses.slice(0, 4), ['127.1.0.1', '127.1.0.2', '127.1.0.254', '127.1.1.1'])
  assert.equal(new Set(addresses).size, people.length)
  for (const address of addresses) assert.match(address ?? '', /^127\.[1-9]\d*\.\d+\.[1-9]\d*$/)
})

test('where there is but one address to act from, nobody asks for another', () => {
  assert.equal(addressOf('https://api.example.com', 1, 'linux'), undefined)
  assert.equal(addressOf(API, 1, 'darwin'), undefined)
  assert.equal(addressOf('http://localhost:8080', 1, 'linux'), '127.1.0.2')
})

/** A server that remembers who asked, and how many connections it had at most. */
const startWitness = async () => {
  const seen: (string | undefined)[] = []
  const connections = { now: 0, most: 0, all: 0 }
  const server = createServer((req, res) => {
    seen.push(req.socket.remoteAddress)
    setTimeout(() => res.writeHead(200).end('{}'), 2)
  })
  server.on('connection', (socket) => {
    connections.now += 1
    connections.all += 1
    connections.most = Math.max(connections.most, connections.now)
    socket.on('close', () => (connections.now -= 1))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    connections,
    [Symbol.dispose]: () => server.close().closeAllConnections(),
  }
}

const onLinux = { skip: process.platform !== 'linux' && 'only Linux has more than one loopback address' }

test('each request comes from its person, over no more connections than allowed', onLinux, async () => {
  using witness = await startWitness()
  await using api = openApi({ url: witness.url, mark: 'test', connections: 8 })
  const people = Array.from({ length: 120 }, (_, place) => place % 40)
  const answers = await Promise.all(people.map((from) => api.ask(postsApi.listPosts, { from })))
  assert.ok(answers.every(({ status }) => status === 200))
  const expected = people.map((person) => addressOf(witness.url, person))
  const counted = (addresses: readonly (string | undefined)[]) => Object.groupBy(addresses, (each) => each ?? 'none')
  assert.deepEqual({ ...counted(witness.seen) }, { ...counted(expected) })
  // One that gives way may be seen for a moment beside the one that comes.
  assert.ok(witness.connections.most <= 24, String(witness.connections.most))
  await delay(20)
  assert.ok(witness.connections.now <= 8, String(witness.connections.now))
})

test('somebody who asks again does so over the same connection', onLinux, async () => {
  using witness = await startWitness()
  await using api = openApi({ url: witness.url, mark: 'test', connections: 4 })
  for (let round = 0; round < 10; round += 1) {
    for (const from of [7, 8, undefined]) {
      await api.ask(postsApi.listPosts, from === undefined ? {} : { from })
    }
  }
  assert.equal(witness.connections.all, 3)
  assert.deepEqual([...new Set(witness.seen)], ['127.1.0.8', '127.1.0.9', '127.0.0.1'])
})
