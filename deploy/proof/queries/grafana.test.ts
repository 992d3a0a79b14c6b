import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { askThroughGrafana } from './grafana.ts'
import { answeredWith, panelWith, seriesAnswer } from './view/fixtures.ts'

const grafanaWith = async (listener: RequestListener, use: (url: string) => Promise<void>): Promise<void> => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

const panel = answeredWith(panelWith(), [seriesAnswer([{}, [[0, 1]]])])
const [first] = panel.targets
const targets = first === undefined ? [] : [{ ...first, target: { ...first.target, expr: 'up{service="$service"}' } }]
const gathered = {
  range: { from: 0, to: 900, stepSeconds: 15 },
  texts: [],
  away: new Map(),
  dashboards: [
    {
      dashboard: { uid: 'd', title: 'D', folder: 'Platform', rows: [], panels: [], variables: [], annotations: [] },
      chosen: new Map([['service', ['users']]]),
      panels: [{ ...panel, targets }],
      annotations: [],
    },
  ],
}

const answering =
  (results: unknown, seen: unknown[] = []): RequestListener =>
  (req, res) => {
    if (req.url === '/api/health') {
      res.end('{}')
      return
    }
    let body = ''
    req.on('data', (chunk: Buffer) => (body += chunk.toString()))
    req.on('end', () => {
      seen.push(JSON.parse(body))
      res.end(JSON.stringify({ results }))
    })
  }

test('a query goes to the uid of its data source with its variables filled in', async () => {
  const seen: { queries: { expr: string; datasource: { uid: string }; maxDataPoints: number }[] }[] = []
  await grafanaWith(answering({ A: { frames: [{ data: { values: [[1], [2]] } }] } }, seen), async (url) => {
    const findings = await askThroughGrafana(url, gathered)
    assert.deepEqual(findings, [{ what: 'Grafana, d: 1 queries answered', verdict: 'proven' }])
  })
  const [query] = seen[0]?.queries ?? []
  assert.deepEqual(
    [query?.expr, query?.datasource.uid, query?.maxDataPoints],
    ['up{service="users"}', 'prometheus', 60],
  )
})

test('what Grafana refuses, or does not pass on though its store has it, fails', async () => {
  for (const results of [{ A: { error: 'parse error' } }, { A: { frames: [] } }, {}]) {
    await grafanaWith(answering(results), async (url) => {
      assert.deepEqual(
        (await askThroughGrafana(url, gathered)).map(({ verdict }) => verdict),
        ['failed'],
      )
    })
  }
})

test('without a Grafana it is not proven, and says where one was looked for', async () => {
  const [finding] = await askThroughGrafana('http://127.0.0.1:1', gathered)
  assert.equal(finding?.verdict, 'not proven')
  assert.match(finding?.detail ?? '', /127\.0\.0\.1:1/)
})
