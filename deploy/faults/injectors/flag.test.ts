import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { readSettings } from '../../local/settings.ts'
import { temporaryHome } from '../../local/temporary-home.ts'
import { inject } from '../inject.ts'
import { targetOf, type Target } from '../target.ts'

/** A management port with flags, or without any; what it was asked to change is in `changes`. */
const managementPort = async (stack: AsyncDisposableStack, isOn: boolean) => {
  const changes: string[] = []
  const server = createServer((req, res) => {
    const flag = /^\/faults\/(.+)$/.exec(req.url ?? '')?.[1]
    let body = ''
    req.on('data', (chunk: Buffer) => (body += chunk.toString()))
    req.on('end', () => {
      if (isOn && flag !== undefined) changes.push(`${req.method} ${flag} ${body}`)
      res.writeHead(isOn ? 200 : 404).end('{"flags":[]}')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, changes }
}

const targetAt = async (stack: AsyncDisposableStack, url: string): Promise<Target> => {
  const home = stack.use(await temporaryHome())
  const target = targetOf({ ...readSettings({}), home: home.path })
  return { ...target, management: { ...target.management, posts: url, users: url } }
}

const SLOW = { by: 'flag', services: ['posts', 'users'], flag: 'http-delay', variant: 'slow' } as const

test('a flag is set in each service, and off after the repair', async () => {
  await using stack = new AsyncDisposableStack()
  const { url, changes } = await managementPort(stack, true)
  const { repair } = await inject({ name: 'slow', injection: SLOW }, await targetAt(stack, url))
  assert.deepEqual(changes, ['PUT http-delay {"variant":"slow"}', 'PUT http-delay {"variant":"slow"}'])
  await repair()
  assert.deepEqual(changes.slice(2), ['PUT http-delay {"variant":"off"}', 'PUT http-delay {"variant":"off"}'])
})

test('a system without inner faults is told how to get them', async () => {
  await using stack = new AsyncDisposableStack()
  const { url } = await managementPort(stack, false)
  await assert.rejects(inject({ name: 'slow', injection: SLOW }, await targetAt(stack, url)), {
    name: 'Failure',
    message: 'posts takes no inner faults: start the system by "FAULTS=on npm run ops" and try again.',
  })
})
