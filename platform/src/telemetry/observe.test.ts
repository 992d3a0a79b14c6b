import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, unavailable } from '../errors.ts'
import { runWork } from './context.ts'
import { scrape } from './metrics.ts'
import { observe } from './observe.ts'
import type { SpanNote } from './span-note.ts'
import { SpanShape } from './span-shape.ts'
import { tracing, useSpanSink } from './trace-pipeline.ts'

const exported: SpanNote[] = []
useSpanSink({
  take: (spans) => void exported.push(...spans),
  flush: async () => {},
})
Object.assign(tracing, { notes: true, enabled: true })

const useCases = observe({
  readUser: async (id: number, suffix = '') => `${id}${suffix}`,
  refuse: async () => {
    throw new AppError('conflict', 'user.taken', 'username already exists')
  },
  loseStore: async () => {
    throw unavailable('postgres.unavailable')
  },
  break: async () => {
    throw new TypeError('undefined is not a function')
  },
})

const inWork = async (fn: () => Promise<unknown>) => {
  exported.length = 0
  const outcome = await runWork({ shape: new SpanShape('work', 'server') }, () => fn().catch((error: unknown) => error))
  return { outcome, span: exported[0] }
}

test('an observed use case takes and gives what it did before', async () => {
  assert.equal(await useCases.readUser(7, '!'), '7!')
})

test('a use case is a span of its name below the request, and a duration labelled ok', async () => {
  const { span } = await inWork(() => useCases.readUser(7))
  assert.equal(span?.name, 'readUser')
  assert.equal(span?.failure, undefined)
  assert.equal(span?.parentSpanId, exported[1]?.spanId)
  assert.match(
    (await scrape()).body,
    /app_use_case_duration_seconds_count\{.*use_case="readUser",outcome="ok".*\} \d|outcome="ok",use_case="readUser"/,
  )
})

test('an expected refusal is an outcome, not a failed span', async () => {
  const { outcome, span } = await inWork(() => useCases.refuse())
  assert.ok(outcome instanceof AppError)
  assert.deepEqual([span?.name, span?.failure], ['refuse', undefined])
  assert.match((await scrape()).body, /use_case="refuse",outcome="conflict"|outcome="conflict",use_case="refuse"/)
})

test('a store that is away and a programming fault are failed spans, with their outcomes', async () => {
  assert.equal((await inWork(() => useCases.loseStore())).span?.failure, 'service unavailable')
  const { outcome, span } = await inWork(() => useCases.break())
  assert.ok(outcome instanceof TypeError)
  assert.equal(span?.failure, 'undefined is not a function')
  const { body } = await scrape()
  for (const label of ['unavailable', 'fault']) assert.match(body, new RegExp(`outcome="${label}"`))
})
