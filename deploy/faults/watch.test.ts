import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryHome } from '../local/temporary-home.ts'
import { alertsNow, deliveredSince, isMoved, sliValue } from './watch.ts'

const answering = async (stack: AsyncDisposableStack, answers: Record<string, unknown>): Promise<string> => {
  const server = createServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '', 'http://localhost')
    const answer = answers[searchParams.get('query') ?? pathname]
    res.statusCode = answer === undefined ? 400 : 200
    res.end(JSON.stringify(answer ?? { status: 'error', error: 'parse error' }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const vector = (...values: string[]) => ({
  status: 'success',
  data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1, value] })) },
})

test('the value of an indicator is the largest, and what is no number does not count', async () => {
  await using stack = new AsyncDisposableStack()
  const url = await answering(stack, { some: vector('1', 'NaN', '2.5', '-3'), none: vector(), nan: vector('NaN') })
  assert.equal(await sliValue(url, 'some'), 2.5)
  assert.equal(await sliValue(url, 'none'), undefined)
  assert.equal(await sliValue(url, 'nan'), undefined)
  await assert.rejects(sliValue(url, 'broken('), /answers 400 .*parse error/)
})

test('an indicator has moved when it is beyond its bound, on the side that was said', () => {
  const sli = { query: 'up', bound: 1 }
  assert.deepEqual(
    [2, 1, 0, undefined].map((value) => isMoved({ ...sli, is: 'above' }, value)),
    [true, false, false, false],
  )
  assert.deepEqual(
    [2, 1, 0, undefined].map((value) => isMoved({ ...sli, is: 'below' }, value)),
    [false, false, true, false],
  )
})

test('alerts come with their state, their labels and since when', async () => {
  await using stack = new AsyncDisposableStack()
  const labels = { alertname: 'TargetDown', service: 'users', severity: 'critical' }
  const url = await answering(stack, {
    '/api/v1/alerts': {
      status: 'success',
      data: {
        alerts: [{ labels, annotations: {}, state: 'pending', activeAt: '2026-11-29T08:15:43.293586056Z', value: '1' }],
      },
    },
  })
  assert.deepEqual(await alertsNow(url), [
    {
      alert: 'TargetDown',
      service: 'users',
      state: 'pending',
      activeAt: Date.UTC(2026, 10, 29, 8, 15, 43, 293),
      labels,
    },
  ])
})

const alert = (alertname: string, status = 'firing') => ({
  status,
  labels: { alertname, service: 'users', severity: 'critical' },
  annotations: { summary: 's', description: 'd', runbook_url: 'r', dashboard_url: 'b' },
  startsAt: '2026-11-29T08:00:00Z',
})

const line = (received_at: string, ...alerts: unknown[]): string =>
  JSON.stringify({ received_at, status: 'firing', notification: { status: 'firing', groupKey: 'g', alerts } })

test('what was delivered since a time is there with its links, from both halves of a journal, without the watchdog', async () => {
  await using home = await temporaryHome()
  const file = join(home.path, 'oncall.jsonl')
  await writeFile(
    `${file}.1`,
    `${line('2026-11-29T08:00:05Z', alert('Early'))}\n${line('2026-11-29T08:01:00Z', alert('Older'))}\n`,
  )
  await writeFile(
    file,
    [
      line('2026-11-29T08:02:00Z', alert('One'), alert('Two', 'resolved')),
      line('2026-11-29T08:03:00Z', alert('Watchdog')),
      JSON.stringify({ received_at: '2026-11-29T08:03:00Z', status: 'error', notification: { issue: 1 } }),
      '{"received_at":"2026-11-29T08:0',
    ].join('\n'),
  )
  const delivered = deliveredSince(file, Date.UTC(2026, 10, 29, 8, 1))
  assert.deepEqual(
    delivered.map(({ alert: name, status, receivedAt }) => [name, status, new Date(receivedAt).getUTCMinutes()]),
    [
      ['Older', 'firing', 1],
      ['One', 'firing', 2],
      ['Two', 'resolved', 2],
    ],
  )
  assert.deepEqual(delivered[1], {
    status: 'firing',
    alert: 'One',
    service: 'users',
    severity: 'critical',
    receivedAt: Date.UTC(2026, 10, 29, 8, 2),
    startsAt: Date.UTC(2026, 10, 29, 8),
    summary: 's',
    description: 'd',
    runbook: 'r',
    dashboard: 'b',
  })
  assert.deepEqual(deliveredSince(join(home.path, 'none.jsonl'), 0), [])
})
