import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { identityOf } from '../local/process-identity.ts'
import { takeHome, writeRunState, type PartState } from '../local/run-state.ts'
import { SERVICE_NAMES } from '../local/services.ts'
import type { Settings } from '../local/settings.ts'
import { temporaryHome } from '../local/temporary-home.ts'
import { openSystem } from './system.ts'

type Running = {
  parts?: Record<string, PartState['state']>
  rules?: 'fast' | 'real'
  faults?: number
  limits?: boolean
}

const WHOLE = { users: 'ready', 'postgres-exporter': 'ready', loki: 'skipped', collector: 'ready' } as const

/** Opens a system that seems to run in a checkout: this process is its supervisor, one server is all of its services. */
const openRunning = async (running: Running, rules: 'fast' | 'real' = 'fast', change?: (home: string) => void) => {
  await using home = await temporaryHome()
  using _taken = takeHome(home.path)
  const { faults = 200, limits = true, parts = WHOLE } = running
  if ((running.rules ?? 'fast') === 'fast') await mkdir(join(home.path, 'run/rules'), { recursive: true })
  const states = Object.entries(parts).map(([name, state]) => ({ name, state, since: '', restarts: 0 }))
  writeRunState(home.path, { supervisor: identityOf(process.pid), startedAt: '', parts: states })
  const server = createServer((req, res) => {
    if (req.url === '/faults') res.writeHead(faults)
    else if (limits) res.setHeader('RateLimit-Limit', '300')
    res.end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const servicePorts = Object.fromEntries(SERVICE_NAMES.map((name) => [name, { http: port, management: port }]))
  const settings = { home: home.path, servicePorts, receivers: { collector: true, prometheus: true } } as Settings
  const said: string[] = []
  const say = (part: string, message: string): void => {
    said.push(`${part} ${message}`)
    change?.(home.path)
  }
  try {
    const signal = AbortSignal.timeout(5000)
    const system = await openSystem({ settings, rules, keep: false, folder: join(home.path, 'proof'), say, signal })
    return { system, said }
  } finally {
    server.close()
  }
}

test('a system that runs with faults, limits and the wanted rules is used, and left as it is', async () => {
  const { system, said } = await openRunning({})
  assert.equal(system.isOurs, false)
  assert.deepEqual(said.slice(0, 3), [
    'system one runs in this checkout: it is used',
    'users ready',
    'postgres-exporter ready',
  ])
  await system[Symbol.asyncDispose]()
  assert.equal((await openRunning({ rules: 'real' }, 'real')).system.isOurs, false)
})

test('one that does not fit is refused, with what to do', async () => {
  const how = /"npm run stop", then the same command again/
  const refused: [Running, 'fast' | 'real', RegExp][] = [
    [{ parts: { users: 'ready', collector: 'ready' } }, 'fast', /without its ops stack/],
    [{ rules: 'real' }, 'fast', /with the real rules: add --real, or/],
    [{ rules: 'fast' }, 'real', /with the fast rules: leave out --real, or/],
    [{ faults: 404 }, 'fast', /without FAULTS=on/],
    [{ limits: false }, 'fast', /without limits \(RATE_LIMIT=off\)/],
  ]
  for (const [running, rules, sentence] of refused) {
    await assert.rejects(openRunning(running, rules), (error: Error) => {
      assert.equal(error.name, 'Failure')
      assert.match(error.message, sentence)
      assert.match(error.message, how)
      return true
    })
  }
})

test('parts that are still coming are waited for, and what they do is said', async () => {
  let looks = 0
  const { said } = await openRunning({ parts: { ...WHOLE, loki: 'starting' } }, 'fast', (home) => {
    looks += 1
    if (looks < 4) return
    const parts = Object.entries(WHOLE).map(([name, state]) => ({ name, state, since: '', restarts: 0 }))
    writeRunState(home, { supervisor: identityOf(process.pid), startedAt: '', parts })
  })
  assert.ok(said.includes('loki starting'))
  assert.ok(said.includes('loki skipped'))
})
