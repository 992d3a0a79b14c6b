import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Live } from './part.ts'
import { alertsSeen } from './watching.ts'

test('alerts are those of Prometheus and of Alertmanager; what a cause keeps back is inhibited', async () => {
  const labels = (alertname: string, service: string) => ({ alertname, service })
  const status = (...inhibitedBy: string[]) => ({ state: 'active', inhibitedBy })
  const answers: Record<string, unknown> = {
    '/api/v1/alerts': {
      data: {
        alerts: [
          { state: 'pending', activeAt: '', labels: labels('NotReady', 'users') },
          { state: 'pending', activeAt: '', labels: labels('OutboxStale', 'posts') },
          { state: 'firing', activeAt: '', labels: labels('OutboxStale', 'posts') },
          { state: 'firing', activeAt: '', labels: labels('PostgresDown', 'postgres') },
        ],
      },
    },
    '/api/v2/alerts?silenced=false': [
      { labels: labels('OutboxStale', 'posts'), status: status('f') },
      { labels: labels('PostgresDown', 'postgres'), status: status('f') },
      { labels: labels('PostgresDown', 'postgres'), status: status() },
      { labels: labels('PostgresDown', 'postgres'), status: status('f') },
      { labels: labels('FatalLines', 'auth'), status: status() },
    ],
  }
  const server = createServer((req, res) => res.end(JSON.stringify(answers[req.url ?? ''])))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const seen = await alertsSeen({ backEnds: { prometheus: url }, alertmanager: url } as Live)
  server.close()
  assert.deepEqual(
    seen.map(({ alert, state, inhibited }) => [alert, state, inhibited]),
    [
      ['NotReady', 'pending', false],
      ['OutboxStale', 'firing', true],
      ['PostgresDown', 'firing', false],
      ['FatalLines', 'firing', false],
    ],
  )
})
