import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DataTypes, Model } from 'sequelize'
import { connectPostgres, statement } from '../../src/postgres/connect.ts'
import { isUniqueViolation, violatedConstraint } from '../../src/postgres/errors.ts'
import { Secret } from '../../src/runtime/config.ts'
import { eventually } from '../../src/testing/eventually.ts'
import { testDatabase } from '../../src/testing/stores.ts'
import { ownPostgres } from '../own-servers.ts'

class Thing extends Model {
  declare id: number
  declare name: string
}

const byName = statement('test.thing-by-name', 'SELECT id, name, made_at, big, bigs FROM things WHERE name = $1')
const insert = statement('test.insert-thing', 'INSERT INTO things (name) VALUES ($1) RETURNING id')
const slow = statement('test.sleep', 'SELECT pg_sleep($1)')
const backend = statement('test.backend', 'SELECT pg_backend_pid() AS pid')

const unavailable = { name: 'AppError', kind: 'unavailable', code: 'postgres.unavailable' }

describe('a database', async () => {
  await using stack = new AsyncDisposableStack()
  const { url } = stack.use(await testDatabase())
  const db = stack.use(await connectPostgres({ url, poolMax: 3, applicationName: 'test', acquireTimeoutMs: 300 }))
  const kept = stack.move()
  after(() => kept.disposeAsync())
  await db.sequelize.query(`CREATE TABLE things (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL CONSTRAINT things_name UNIQUE,
    made_at timestamptz NOT NULL DEFAULT now(), big bigint, bigs bigint[])`)
  const columns = { id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true }, name: DataTypes.TEXT }
  Thing.init(columns, { sequelize: db.sequelize, tableName: 'things', timestamps: false })

  test('gives bigints as numbers and timestamps as dates, to statements and models alike', async () => {
    await db.sequelize.query(`INSERT INTO things (name, big, bigs) VALUES ('types', 9007199254740991, '{1,2}')`)
    const [row] = await db.statement<{ id: number; made_at: Date; big: number; bigs: number[] }>(byName, ['types'])
    assert.ok(row?.made_at instanceof Date)
    assert.deepEqual([row.big, row.bigs, typeof row.id], [Number.MAX_SAFE_INTEGER, [1, 2], 'number'])
    assert.equal(typeof (await Thing.findOne({ where: { name: 'types' } }))?.id, 'number')
  })

  test('refuses a bigint that a number cannot hold', async () => {
    await db.sequelize.query(`INSERT INTO things (name, big) VALUES ('too big', 9007199254740992)`)
    await assert.rejects(db.statement(byName, ['too big']), RangeError)
    await db.check()
  })

  test('a transaction holds models and statements, and both or neither are written', async () => {
    const fault = new Error('changed my mind')
    const write = db.transaction(async (tx) => {
      await Thing.create({ name: 'model' }, { transaction: tx })
      await db.statement(insert, ['statement'], tx)
      throw fault
    })
    await assert.rejects(write, fault)
    assert.equal(await Thing.count({ where: { name: ['model', 'statement'] } }), 0)
    await db.transaction(async (tx) => {
      await Thing.create({ name: 'model' }, { transaction: tx })
      await tx.statement(insert, ['statement'])
    })
    assert.equal(await Thing.count({ where: { name: ['model', 'statement'] } }), 2)
  })

  test('work after a commit runs after it, and not after a rollback', async () => {
    const ran: string[] = []
    await db.transaction(async (tx) => {
      tx.afterCommit(() => void ran.push('committed'))
      assert.deepEqual(ran, [])
    })
    await assert.rejects(
      db.transaction(async (tx) => {
        tx.afterCommit(() => void ran.push('rolled back'))
        throw new Error('no')
      }),
    )
    assert.deepEqual(ran, ['committed'])
  })

  test('a failed statement whose error was swallowed does not pass for a commit', async () => {
    const write = db.transaction(async (tx) => {
      await db.statement(insert, ['swallowed'], tx)
      await db.statement(insert, ['swallowed'], tx).catch(() => {})
    })
    await assert.rejects(write, /cannot commit/)
    assert.equal((await db.statement(byName, ['swallowed'])).length, 0)
  })

  test('a transaction that is over takes no more statements', async () => {
    const tx = await db.transaction(async (running) => running)
    await assert.rejects(db.statement(insert, ['late'], tx), /the transaction is over/)
    await assert.rejects(Thing.create({ name: 'late' }, { transaction: tx }), /commit has been called/)
  })

  test('a unique violation names its constraint, from a statement and from a model', async () => {
    await db.statement(insert, ['unique'])
    for (const write of [db.statement(insert, ['unique']), Thing.create({ name: 'unique' })]) {
      const error = await write.then(
        () => undefined,
        (fault: unknown) => fault,
      )
      assert.equal(violatedConstraint(error), 'things_name')
      assert.ok(isUniqueViolation(error, 'things_name'))
      assert.ok(!isUniqueViolation(error, 'another'))
    }
  })

  test('a statement beyond its timeout is unavailable and its connection still good', async () => {
    await assert.rejects(db.statement(slow, [5]), unavailable)
    await db.check()
  })

  test('who gets no connection in time is told that the service is unavailable', async () => {
    const busy = [1, 2, 3].map(() => db.statement(slow, [0.8]))
    await sleep(50)
    const startedAt = performance.now()
    await assert.rejects(db.check(), unavailable)
    await assert.rejects(Thing.count(), unavailable)
    assert.ok(performance.now() - startedAt < 1_000)
    await Promise.all(busy)
  })

  test('a connection that the server has ended is not used again', async () => {
    const ended = assert.rejects(db.statement(slow, [1]), unavailable)
    await db.sequelize.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`)
    await ended
    // Each of the others is ended a moment after the call that ended it.
    await eventually(() => Promise.all([1, 2, 3].map(() => db.check())))
    await Promise.all([1, 2, 3].map(() => db.check()))
  })

  test('a prepared statement that a migration made stale is prepared again', async () => {
    const all = statement('test.all-things', 'SELECT * FROM things WHERE id = $1')
    await Promise.all([1, 2, 3].map(() => db.statement(all, [1])))
    await db.sequelize.query('ALTER TABLE things ADD COLUMN extra text')
    for (let i = 0; i < 4; i += 1) assert.equal((await db.statement(all, [1])).length, 1)
  })
})

test('starts without Postgres, says unavailable quickly, and works once it is there, after a kill too', async () => {
  await using server = await ownPostgres()
  await server.stop()
  await using db = await connectPostgres({ url: new Secret(server.url), poolMax: 2, applicationName: 'test' })
  const startedAt = performance.now()
  await assert.rejects(db.check(), unavailable)
  await assert.rejects(
    db.transaction(async () => {}),
    unavailable,
  )
  assert.ok(performance.now() - startedAt < 1_000)
  await server.start()
  await eventually(() => db.check())
  await server.kill()
  await assert.rejects(db.check(), unavailable)
  await server.start()
  await eventually(() => db.check())
})

test('a server that hangs is given up on, and forgiven when it goes on', async () => {
  await using server = await ownPostgres()
  await using db = await connectPostgres({
    url: new Secret(server.url),
    poolMax: 2,
    applicationName: 'test',
    statementTimeoutMs: 200,
  })
  const [row] = await db.statement<{ pid: number }>(backend, [])
  process.kill(row?.pid as number, 'SIGSTOP')
  const startedAt = performance.now()
  await assert.rejects(db.check(), unavailable)
  assert.ok(performance.now() - startedAt < 2_500)
  process.kill(row?.pid as number, 'SIGCONT')
  await eventually(() => db.check())
})
