import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { BackEnds, Range } from './back-ends.ts'
import { readDashboards, type Variable } from './dashboards.ts'
import { choose, fill } from './fill.ts'

const range: Range = { from: 1000, to: 1900, stepSeconds: 15 }
const chosen = new Map([
  ['service', ['users', 'auth']],
  ['topic', ['pharos.users.v1', 'pharos.posts.v1']],
  ['one', ['users']],
])

test('several values are written as Grafana writes them into the language of the store', () => {
  assert.equal(fill('up{service=~"$service"}', chosen, 'prometheus', range), 'up{service=~"(users|auth)"}')
  assert.equal(fill('service.name:$service', chosen, 'elasticsearch', range), 'service.name:("users" OR "auth")')
  assert.equal(fill('x{a="${one}"}', chosen, 'loki', range), 'x{a="users"}')
})

test('a value that would mean something in a regular expression is escaped for it and for its quotes', () => {
  assert.equal(
    fill('{topic=~"$topic"}', chosen, 'prometheus', range),
    String.raw`{topic=~"(pharos\\.users\\.v1|pharos\\.posts\\.v1)"}`,
  )
})

test('the variables that every dashboard has follow the range', () => {
  assert.equal(fill('rate(x[$__rate_interval]) $__range', chosen, 'prometheus', range), 'rate(x[20s]) 900s')
})

test('a variable that nobody knows is a fault, and a group of a regular expression is none', () => {
  assert.throws(() => fill('up{service="$servce"}', chosen, 'prometheus', range), /no such variable: \$servce/)
  assert.equal(fill('label_replace(x, "a", "$1", "b", "(.*)")', chosen, 'prometheus', range).includes('"$1"'), true)
})

const labels = async (values: Record<string, string[]>, use: (backEnds: BackEnds) => Promise<void>): Promise<void> => {
  const server = createServer((req, res) => {
    const label = /label\/(\w+)\/values/.exec(req.url ?? '')?.[1] ?? ''
    res.end(JSON.stringify({ status: 'success', data: values[label] ?? [] }))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    await use({ prometheus: url, loki: url, tempo: url, elasticsearch: url })
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

test('a dashboard opens with all values of what is "All", the first of what is not, and what is given', async () => {
  const variables: Variable[] = [
    { name: 'service', type: 'query', query: 'label_values(app_info, service)', current: { value: '$__all' } },
    { name: 'route', type: 'query', query: 'label_values(x{service=~"$service"}, route)', current: { value: '' } },
    { name: 'window', type: 'custom', query: '1m,5m', current: { value: '5m' } },
    { name: 'any', type: 'query', query: 'label_values(x)', allValue: '.*', current: { value: '$__all' } },
    { name: 'id', type: 'textbox', query: 'none', current: { value: 'none' } },
  ]
  await labels({ service: ['auth', 'users'], route: ['/a', '/b'] }, async (backEnds) => {
    const found = await choose(variables, { given: { id: 'abc' }, backEnds, range })
    assert.deepEqual(Object.fromEntries(found), {
      service: ['auth', 'users'],
      route: ['/a'],
      window: ['5m'],
      any: ['.*'],
      id: ['abc'],
    })
  })
})

test('every panel of the committed dashboards is found, those of closed rows too', async () => {
  const dashboards = await readDashboards()
  assert.equal(dashboards.length, 15)
  for (const { uid, panels } of dashboards) assert.ok(panels.length >= 5, `${uid} has ${panels.length} panels`)
})
