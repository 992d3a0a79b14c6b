import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newSpanId, newTraceId } from '../../src/telemetry/ids.ts'
import { eventually } from '../../src/testing/eventually.ts'
import { startThingProcess } from './thing-process.ts'

const MANY = 200

test('under 200 requests at once every line carries the ids of its own request', async () => {
  await using things = await startThingProcess()
  const traces = Array.from({ length: MANY }, newTraceId)
  await Promise.all(
    traces.map((trace, index) => {
      const headers = { traceparent: `00-${trace}-${newSpanId()}-01`, 'x-correlation-id': `c${index + 1}` }
      return index % 2 === 0
        ? things.client.get(`/things/${index + 1}`, { headers })
        : things.client.post('/things', { name: String(index + 1), note: 'x'.repeat(index * 100) }, { headers })
    }),
  )
  const lines = await eventually(() => {
    const written = things.child.lines().filter((line) => line['labels.correlation_id'] !== undefined)
    assert.equal(written.length, MANY * 2)
    return written
  })
  for (const [index, trace] of traces.entries()) {
    const own = lines.filter((line) => line['labels.correlation_id'] === `c${index + 1}`)
    assert.deepEqual(own.map((line) => String(line['event.action'])).toSorted(), [
      'http.request',
      index % 2 === 0 ? 'thing.read' : 'thing.created',
    ])
    assert.ok(own.every((line) => line['trace.id'] === trace))
    const about = own.find((line) => line['event.action'] !== 'http.request')
    assert.equal(String(about?.['thing.id'] ?? about?.['thing.name']), String(index + 1))
    assert.equal(new Set(own.map((line) => line['span.id'])).size, 1)
  }
})
