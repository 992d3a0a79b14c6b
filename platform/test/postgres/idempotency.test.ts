import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectPostgres, statement } from '../../src/postgres/connect.ts'
import { createIdempotencyStore } from '../../src/postgres/idempotency.ts'
import { eventfulStatement, writeWithEvents } from '../../src/postgres/outbox.ts'
import { prune } from '../../src/postgres/prune.ts'
import { testDatabase } from '../../src/testing/stores.ts'
import { counted } from '../kafka/world.ts'

const insert = statement('test.insert-order', 'INSERT INTO orders (what) VALUES ($1) RETURNING id')
const eventfulInsert = eventfulStatement(
  'test.insert-order-eventful',
  1,
  'INSERT INTO orders (what) VALUES ($1) RETURNING id',
)
const pendingEvents = statement('test.pending-events', 'SELECT 1 FROM outbox')
const ordersOf = statement('test.orders', 'SELECT id FROM orders WHERE what = $1')
const keyRow = statement('test.key-row', 'SELECT steps, answer FROM idempotency_keys WHERE scope = $1')
const forgetAnswer = statement(
  'test.forget-answer',
  `UPDATE idempotency_keys SET locked_until = '-infinity' WHERE scope = $1 AND status IS NULL RETURNING 1`,
)
const age = statement(
  'test.age-key',
  `UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE scope = $1`,
)

describe('an idempotency key', async () => {
  await using stack = new AsyncDisposableStack()
  const { url } = stack.use(await testDatabase())
  const db = stack.use(await connectPostgres({ url, poolMax: 5, applicationName: 'test' }))
  const kept = stack.move()
  after(() => kept.disposeAsync())
  await db.sequelize.query('CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY, what text)')
  const store = createIdempotencyStore(db)

  const order = (what: string) => () =>
    db.transaction(async (tx) => (await tx.statement<{ id: number }>(insert, [what]))[0]?.id as number)
  const count = async (what: string): Promise<number> => (await db.statement(ordersOf, [what])).length
  const placing = (what: string) => async () => ({ status: 201, body: JSON.stringify({ id: await order(what)() }) })

  test('gives the first answer again and does the work once', async () => {
    const request = { scope: 'again', key: 'k', body: '{}' }
    const first = await store.run(request, placing('again'))
    const second = await store.run(request, placing('again'))
    assert.equal(first.kind, 'fresh')
    assert.deepEqual(second, { ...first, kind: 'replayed' })
    assert.equal(await count('again'), 1)
  })

  test('with another body it is a mismatch, in another scope another key', async () => {
    await store.run({ scope: 'body', key: 'k', body: 'a' }, placing('body'))
    assert.deepEqual(await store.run({ scope: 'body', key: 'k', body: 'b' }, placing('body')), { kind: 'mismatch' })
    assert.equal((await store.run({ scope: 'body-2', key: 'k', body: 'b' }, placing('body'))).kind, 'fresh')
    assert.equal(await count('body'), 2)
  })

  test('two requests at once: one works, the other waits for its answer', async () => {
    const slowly = async () => {
      await sleep(300)
      return placing('at once')()
    }
    const request = { scope: 'at once', key: 'k', body: '' }
    const outcomes = await Promise.all([store.run(request, slowly), store.run(request, slowly)])
    assert.deepEqual(outcomes.map(({ kind }) => kind).toSorted(), ['fresh', 'replayed'])
    assert.equal(await count('at once'), 1)
  })

  test('who has waited two seconds for the first one is told that it is still busy', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const request = { scope: 'busy', key: 'k', body: '' }
    const first = store.run(request, async () => {
      await promise
      return placing('busy')()
    })
    await sleep(50)
    assert.deepEqual(await store.run(request, placing('busy')), { kind: 'busy' })
    resolve()
    await first
    assert.equal(await count('busy'), 1)
  })

  test('an attempt that fails frees the key, and what it had committed is not done again', async () => {
    const request = { scope: 'two steps', key: 'k', body: '' }
    const ids: number[] = []
    let otherIsAway = true
    const work = async () => {
      ids.push(await order('first step')())
      if (otherIsAway) throw new Error('the other service is away')
      ids.push(await order('second step')())
      return { status: 201, body: String(ids) }
    }
    await assert.rejects(store.run(request, work), /away/)
    otherIsAway = false
    assert.equal((await store.run(request, work)).kind, 'fresh')
    assert.deepEqual([await count('first step'), await count('second step')], [1, 1])
    assert.equal(ids[0], ids[1])
  })

  test('a process that dies between commit and answer: the retry gives the answer and writes nothing', async () => {
    const request = { scope: 'died', key: 'k', body: '' }
    const { promise: never } = Promise.withResolvers<never>()
    const committed = Promise.withResolvers<number>()
    void store.run(request, async () => {
      committed.resolve(await order('died')())
      return never
    })
    const id = await committed.promise
    assert.equal((await db.statement(forgetAnswer, ['died'])).length, 1, 'the lease has run out')
    const retried = await store.run(request, placing('died'))
    assert.deepEqual(retried, { kind: 'fresh', answer: { status: 201, body: JSON.stringify({ id }) } })
    assert.equal(await count('died'), 1)
  })

  test('a write with its events in one statement is covered too', async () => {
    const request = { scope: 'eventful', key: 'k', body: '' }
    const ids: unknown[] = []
    const work = (fail: boolean) => async () => {
      ids.push(await writeWithEvents(db, eventfulInsert, ['eventful'], [counted.event({ key: 'k', n: 1 })]))
      if (fail) throw new Error('later')
      return { status: 201, body: '' }
    }
    await assert.rejects(store.run(request, work(true)), /later/)
    await store.run(request, work(false))
    assert.deepEqual(ids[1], ids[0])
    assert.deepEqual([await count('eventful'), (await db.statement(pendingEvents, [])).length], [1, 1])
  })

  test('an attempt that was taken for dead, and is not, cannot commit any more', async () => {
    const request = { scope: 'overtaken', key: 'k', body: '' }
    const { promise, resolve } = Promise.withResolvers<void>()
    const first = store.run(request, async () => {
      await promise
      return placing('overtaken')()
    })
    await sleep(50)
    await db.statement(forgetAnswer, ['overtaken'])
    await store.run(request, placing('overtaken'))
    resolve()
    await assert.rejects(first, { kind: 'unavailable' })
    assert.equal(await count('overtaken'), 1)
  })

  test('a refusal is kept, a fault of ours is not', async () => {
    let calls = 0
    const answering = (status: number) => async () => {
      calls += 1
      return { status, body: '' }
    }
    for (const status of [503, 500, 429, 409])
      await store.run({ scope: 'status', key: 'k', body: '' }, answering(status))
    assert.equal(calls, 4)
    const replayed = await store.run({ scope: 'status', key: 'k', body: '' }, answering(201))
    assert.deepEqual(replayed, { kind: 'replayed', answer: { status: 409, body: '' } })
  })

  test('results of transactions come back as they were: dates, buffers, undefined', async () => {
    const request = { scope: 'plain data', key: 'k', body: '' }
    const result = { at: new Date(0), bytes: Buffer.from('x'), none: undefined, list: new Map([[1, { a: 1 }]]) }
    const seen: unknown[] = []
    const work = (fail: boolean) => async () => {
      seen.push(await db.transaction(async () => result))
      if (fail) throw new Error('later')
      return { status: 200, body: '' }
    }
    await assert.rejects(store.run(request, work(true)), /later/)
    await store.run(request, work(false))
    const { bytes, ...rest } = seen[1] as typeof result
    assert.deepEqual(rest, { at: result.at, none: undefined, list: result.list })
    assert.equal(Buffer.from(bytes).toString(), 'x')
  })

  test('neither the key nor a token of the answer can be read from the row', async () => {
    const request = { scope: 'secret', key: 'a-very-private-key', body: '' }
    await store.run(request, async () => ({ status: 201, body: '{"token":"tell-nobody"}' }))
    const rows = JSON.stringify(await db.statement(keyRow, ['secret']), (_name, value: unknown) => {
      const { type, data } = (value ?? {}) as { type?: string; data?: number[] }
      return type === 'Buffer' ? Buffer.from(data ?? []).toString('latin1') : value
    })
    assert.doesNotMatch(rows, /tell-nobody|a-very-private-key/)
  })

  test('is forgotten after a day, by the next use and by the pruning', async () => {
    const request = { scope: 'day', key: 'k', body: 'a' }
    await store.run(request, placing('day'))
    await db.statement(age, ['day'])
    assert.equal((await store.run({ ...request, body: 'b' }, placing('day'))).kind, 'fresh')
    assert.equal(await count('day'), 2)
    await db.statement(age, ['day'])
    await prune(db)
    assert.equal((await db.statement(keyRow, ['day'])).length, 0)
  })
})
