import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../src/errors.ts'
import { startBatchedWork } from '../../src/postgres/batched-work.ts'
import type { Batch } from '../../src/postgres/batched-work.ts'
import { connectPostgres, statement } from '../../src/postgres/connect.ts'
import { activeCorrelationId, runWork } from '../../src/telemetry/context.ts'
import { SpanShape } from '../../src/telemetry/span-shape.ts'
import { eventually } from '../../src/testing/eventually.ts'
import { testDatabase } from '../../src/testing/stores.ts'

type Input = { readonly until: number }

const BATCH = 10
const insert = statement('test.insert-number', 'INSERT INTO numbers (n, said_by) VALUES ($1, $2)')
const numbers = statement('test.numbers', 'SELECT n FROM numbers ORDER BY n')
const sayers = statement('test.sayers', 'SELECT DISTINCT said_by FROM numbers')
const pending = statement('test.pending-work', 'SELECT position FROM batched_work')
const request = new SpanShape('request', 'internal')

/** Writes the numbers up to `until`, ten at a time; `before` may come between. */
const counting =
  (before: (position: number) => void = () => {}): Batch<Input> =>
  async (tx, { until }, position) => {
    const end = Math.min(position + BATCH, until)
    for (let n = position; n < end; n += 1) await tx.statement(insert, [n, activeCorrelationId()])
    before(position)
    return end < until ? end : undefined
  }

const open = async (stack: AsyncDisposableStack) => {
  const { url } = stack.use(await testDatabase())
  const db = stack.use(await connectPostgres({ url, poolMax: 5, applicationName: 'test' }))
  await db.sequelize.query('CREATE TABLE numbers (n bigint, said_by text)')
  const written = async () => (await db.statement<{ n: number }>(numbers, [])).map(({ n }) => n)
  const allOf = (until: number) => Array.from({ length: until }, (_, n) => n)
  const isWritten = (until: number) =>
    eventually(async () => {
      assert.deepEqual(await written(), allOf(until))
      assert.deepEqual(await db.statement(pending, []), [])
    })
  return { db, written, allOf, isWritten }
}

test('what fits one batch is done in the transaction that asks for it, and leaves nothing behind', async () => {
  await using stack = new AsyncDisposableStack()
  const { db, written, allOf } = await open(stack)
  const work = stack.use(startBatchedWork({ db, kinds: { count: counting() } }))
  await db.transaction(async (tx) => work.begin(tx, 'count', { until: 7 }))
  assert.deepEqual(await written(), allOf(7))
  assert.deepEqual(await db.statement(pending, []), [])
})

test('the rest goes on in the background, for the request that began it', async () => {
  await using stack = new AsyncDisposableStack()
  const { db, isWritten } = await open(stack)
  const work = stack.use(startBatchedWork({ db, kinds: { count: counting() } }))
  await runWork({ shape: request, origin: { correlationId: 'corr-1' } }, () =>
    db.transaction(async (tx) => work.begin(tx, 'count', { until: 45 })),
  )
  await isWritten(45)
  assert.deepEqual(await db.statement(sayers, []), [{ said_by: 'corr-1' }])
})

test('nothing is stored or begun when the transaction that asks is taken back', async () => {
  await using stack = new AsyncDisposableStack()
  const { db, written } = await open(stack)
  const work = stack.use(startBatchedWork({ db, kinds: { count: counting() } }))
  const refused = db.transaction(async (tx) => {
    await work.begin(tx, 'count', { until: 45 })
    throw new AppError('conflict', 'test', 'no')
  })
  await assert.rejects(refused, { kind: 'conflict' })
  assert.deepEqual([await written(), await db.statement(pending, [])], [[], []])
})

test('a batch that fails is taken back whole and tried again, and other work is done meanwhile', async () => {
  await using stack = new AsyncDisposableStack()
  const { db, written, isWritten } = await open(stack)
  let failures = 3
  const failing = counting((position) => {
    if (position === 20 && failures > 0) {
      failures -= 1
      throw new Error('planted')
    }
  })
  const other: string[] = []
  const quick: Batch<Input> = async (_tx, _input, position) => {
    other.push(String(position))
    return position < 2 ? position + 1 : undefined
  }
  const work = stack.use(startBatchedWork({ db, kinds: { count: failing, quick } }))
  await db.transaction(async (tx) => work.begin(tx, 'count', { until: 45 }))
  await eventually(() => assert.ok(failures < 3))
  assert.equal((await written()).length, 20)
  await db.transaction(async (tx) => work.begin(tx, 'quick', { until: 0 }))
  await isWritten(45)
  assert.deepEqual(other, ['0', '1', '2'])
})

test('what is short does not wait for the end of what is long', async () => {
  await using stack = new AsyncDisposableStack()
  const { db, written } = await open(stack)
  const ended = Promise.withResolvers<number>()
  const quick: Batch<Input> = async (_tx, _input, position) => {
    if (position < 2) return position + 1
    ended.resolve((await written()).length)
    return undefined
  }
  const work = stack.use(startBatchedWork({ db, kinds: { count: counting(), quick } }))
  await db.transaction(async (tx) => {
    await work.begin(tx, 'count', { until: 400 })
    await work.begin(tx, 'quick', { until: 0 })
  })
  assert.ok((await ended.promise) < 200)
})

test('several instances share the work, and one that ends in the middle leaves the rest to the others', async () => {
  await using stack = new AsyncDisposableStack()
  const { db, isWritten, written } = await open(stack)
  const first = startBatchedWork({ db, kinds: { count: counting() } })
  await db.transaction(async (tx) => first.begin(tx, 'count', { until: 300 }))
  await eventually(async () => assert.ok((await written()).length > 50))
  await first[Symbol.asyncDispose]()
  const left = await written()
  assert.ok(left.length < 300)
  const more = [1, 2, 3].map(() => stack.use(startBatchedWork({ db, kinds: { count: counting() } })))
  assert.equal(more.length, 3)
  await isWritten(300)
})
