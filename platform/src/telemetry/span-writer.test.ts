import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { newSpanId, newTraceId } from './ids.ts'
import { SpanNote } from './span-note.ts'
import { SpanShape } from './span-shape.ts'
import type { SpanAttributes } from './span-shape.ts'
import { createSpanWriter, encodeSpan } from './span-writer.ts'
import { spanCounts } from './trace-pipeline.ts'

const newIds = () => ({ traceId: newTraceId(), spanId: newSpanId(), parentSpanId: newSpanId() })

const noteOf = (shape: SpanShape, own?: SpanAttributes): SpanNote => {
  const note = new SpanNote(shape, newIds(), 1_795_267_705_249.7639, own)
  note.finish(1_795_267_705_250)
  return note
}
const anyShape = new SpanShape('x', 'client')

/** A receiver that answers with the given statuses in turn, the last one for good. */
const receiver = async (...statuses: number[]) => {
  const bodies: string[] = []
  const server = createServer((req, res) => {
    const parts: Buffer[] = []
    req.on('data', (part: Buffer) => parts.push(part))
    req.on('end', () => {
      bodies.push(Buffer.concat(parts).toString())
      res.statusCode = (statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 200
      res.end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`
  const stop = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { url, bodies, [Symbol.dispose]: stop }
}

/** What the writer tells of its spans while a test runs. */
const outcomesIn = (t: TestContext): string[] => {
  const outcomes: string[] = []
  const before = spanCounts.exported
  t.after(() => {
    spanCounts.exported = before
  })
  spanCounts.exported = (outcome, spans) => outcomes.push(`${outcome} ${spans}`)
  return outcomes
}

type Sent = { resourceSpans: { scopeSpans: { spans: { name: string; spanId: string }[] }[] }[] }
const spansIn = (body: string) => (JSON.parse(body) as Sent).resourceSpans[0]?.scopeSpans[0]?.spans ?? []

test('a span is encoded as OTLP has it, whatever its texts hold', () => {
  const shape = new SpanShape('GET "x"\n', 'client', { 'a.text': 'quote " slash \\ é 💥', 'a.count': 3 })
  const note = noteOf(shape, { 'a.share': 0.5, 'a.flag': true, 'a.own': 'line\nbreak' })
  const { name, kind, parentSpanId, startTimeUnixNano, endTimeUnixNano, attributes, status } = JSON.parse(
    encodeSpan(note),
  ) as Record<string, unknown>
  assert.deepEqual([name, kind, parentSpanId, status], ['GET "x"\n', 3, note.parentSpanId, { code: 0 }])
  assert.equal(startTimeUnixNano, '1795267705249763000')
  assert.equal(endTimeUnixNano, '1795267705250000000')
  assert.deepEqual(attributes, [
    { key: 'a.text', value: { stringValue: 'quote " slash \\ é 💥' } },
    { key: 'a.count', value: { intValue: 3 } },
    { key: 'a.share', value: { doubleValue: 0.5 } },
    { key: 'a.flag', value: { boolValue: true } },
    { key: 'a.own', value: { stringValue: 'line\nbreak' } },
  ])
})

test('a span says whether its parent is in another process', () => {
  const flags = (['client', 'server', 'consumer', 'internal'] as const).map((kind) => {
    const note = noteOf(new SpanShape('x', kind))
    return (JSON.parse(encodeSpan(note)) as { flags: number }).flags
  })
  assert.deepEqual(flags, [257, 769, 769, 257])
})

test('a failed span says why, without an address in it', () => {
  const note = noteOf(anyShape)
  note.finish(1_795_267_705_250, new Error('no ada@example.org here'))
  assert.deepEqual((JSON.parse(encodeSpan(note)) as { status: unknown }).status, {
    code: 2,
    message: 'no [redacted] here',
  })
})

test('every span arrives once, in as many batches as it takes', async () => {
  using target = await receiver(200)
  const writer = createSpanWriter({ url: target.url, headers: {} })
  const notes = Array.from({ length: 2_000 }, (_, index) => noteOf(anyShape, { index, text: 'é'.repeat(100) }))
  for (let first = 0; first < notes.length; first += 7) writer.take(notes.slice(first, first + 7))
  await writer.flush()
  assert.ok(target.bodies.length > 1)
  assert.deepEqual(
    target.bodies.flatMap(spansIn).map(({ spanId }) => spanId),
    notes.map(({ spanId }) => spanId),
  )
})

test('work too long for one batch loses only the span that fits into none, and counts it', async (t) => {
  const outcomes = outcomesIn(t)
  using target = await receiver(200)
  const writer = createSpanWriter({ url: target.url, headers: {} })
  const sizes = [50_000, 60_000, 300_000, 10]
  const notes = sizes.map((size) => noteOf(anyShape, { text: 'x'.repeat(size) }))
  writer.take(notes)
  await writer.flush()
  assert.deepEqual(
    target.bodies.flatMap(spansIn).map(({ spanId }) => spanId),
    [notes[0], notes[1], notes[3]].map((note) => note?.spanId),
  )
  assert.deepEqual(outcomes.toSorted(), ['failed 1', 'ok 3'])
})

test('a collector that is busy is asked again; one that refuses is not, and the loss is counted', async (t) => {
  const outcomes = outcomesIn(t)
  using busy = await receiver(503, 200)
  const patient = createSpanWriter({ url: busy.url, headers: {} })
  patient.take([noteOf(anyShape)])
  await patient.flush()
  using strict = await receiver(400)
  const refused = createSpanWriter({ url: strict.url, headers: {} })
  refused.take([noteOf(anyShape)])
  await refused.flush()
  assert.deepEqual([busy.bodies.length, strict.bodies.length], [2, 1])
  assert.deepEqual(outcomes, ['ok 1', 'failed 1'])
})
