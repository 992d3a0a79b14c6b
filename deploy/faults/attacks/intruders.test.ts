import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { readSettings } from '../../local/settings.ts'
import { temporaryHome } from '../../local/temporary-home.ts'
import { inject } from '../inject.ts'
import { targetOf } from '../target.ts'

const ACCESS = `h.${Buffer.from(JSON.stringify({ sub: '7', exp: 4_000_000_000 })).toString('base64url')}.s`
const PAIR = { access_token: ACCESS, refresh_token: 'first', token_type: 'Bearer', expires_in: 900 }

type Asked = { what: string; from: string; body: Record<string, string> }

/** A gateway that lets everybody in, and what it was asked. */
const gateway = async (stack: AsyncDisposableStack, isLimited: boolean) => {
  const asked: Asked[] = []
  const server = createServer((req, res) => {
    let body = ''
    req.on('data', (chunk: Buffer) => (body += chunk.toString()))
    req.on('end', () => {
      const what = `${req.method} ${req.url?.replace(/^\/api\/v1/, '')}`
      const from = String(req.socket.remoteAddress)
      asked.push({ what, from, body: (body === '' ? {} : JSON.parse(body)) as Record<string, string> })
      if (isLimited) res.setHeader('RateLimit-Limit', '300')
      res.writeHead(what.endsWith('/register') ? 201 : 200, { 'content-type': 'application/json' })
      res.end(JSON.stringify({ data: PAIR }))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const home = stack.use(await temporaryHome())
  const target = targetOf({ ...readSettings({}), home: home.path })
  return { asked, target: { ...target, api: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } }
}

const attack = (name: string) => ({ name, injection: { by: 'attack', name } }) as const

const eventually = async (check: () => boolean): Promise<void> => {
  const deadline = performance.now() + 10_000
  while (!check()) {
    assert.ok(performance.now() < deadline, `still not so after 10 s: ${check.toString()}`)
    await delay(10)
  }
}

const onLinux = { skip: process.platform !== 'linux' && 'only Linux has more than one loopback address' }

test('a stolen refresh token is used by its owner first and then by a thief from elsewhere', onLinux, async () => {
  await using stack = new AsyncDisposableStack()
  const { asked, target } = await gateway(stack, false)
  const { repair } = await inject(attack('refresh-token-theft'), target)
  const refreshes = (): Asked[] => asked.filter(({ what }) => what === 'POST /auth/refresh')
  await eventually(() => refreshes().length >= 2)
  await repair()
  const [owner, thief] = refreshes()
  assert.deepEqual([owner?.body, thief?.body], [{ refresh_token: 'first' }, { refresh_token: 'first' }])
  assert.notEqual(owner?.from, thief?.from)
})

test(
  'passwords are guessed from eight addresses, of somebody who is there and of people who are not',
  onLinux,
  async () => {
    await using stack = new AsyncDisposableStack()
    const { asked, target } = await gateway(stack, false)
    const { repair } = await inject(attack('brute-force-login'), target)
    const logins = (): Asked[] => asked.filter(({ what }) => what === 'POST /auth/login')
    await eventually(() => logins().length >= 8)
    await repair()
    assert.equal(new Set(logins().map(({ from }) => from)).size, 8)
    const victim = asked.find(({ what }) => what === 'POST /auth/register')?.body['username']
    assert.equal(logins().filter(({ body }) => body['login'] === victim).length, 4)
  },
)

test('a flood comes from one address until the repair, and wants a system with limits', async () => {
  await using stack = new AsyncDisposableStack()
  const { asked, target } = await gateway(stack, true)
  const { repair } = await inject(attack('flood'), target)
  await eventually(() => asked.length > 20)
  await repair()
  const count = asked.length
  await delay(100)
  assert.equal(asked.length, count)
  assert.equal(new Set(asked.slice(1).map(({ from }) => from)).size, 1)

  const unlimited = await gateway(stack, false)
  await assert.rejects(
    inject(attack('flood'), unlimited.target),
    /Failure: The system has no limits \(RATE_LIMIT=off\)/,
  )
})
