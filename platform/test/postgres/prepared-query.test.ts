import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Client } from 'pg'
import { connectPostgres } from '../../src/postgres/connect.ts'
import { testDatabase } from '../../src/testing/stores.ts'

type Wire = { connection: { describe(what: unknown): void; stream: { write(bytes: Buffer): boolean } } }

describe('a prepared statement on its connection', async () => {
  await using stack = new AsyncDisposableStack()
  const { url } = stack.use(await testDatabase())
  const db = stack.use(await connectPostgres({ url, poolMax: 1, applicationName: 'test' }))
  const client: Client = await db.dedicated('prepared')
  stack.defer(() => client.end())
  const kept = stack.move()
  after(() => kept.disposeAsync())
  await client.query('CREATE TABLE things (id bigint PRIMARY KEY, name text, made_at timestamptz)')

  const { connection } = client as unknown as Wire
  let described = 0
  const pieces: Buffer[] = []
  const describeOnce = connection.describe.bind(connection)
  connection.describe = (what) => {
    described += 1
    describeOnce(what)
  }
  const { stream } = connection
  const write = stream.write.bind(stream)
  stream.write = (bytes) => {
    pieces.push(bytes)
    return write(bytes)
  }
  const run = async (name: string, text: string, values: unknown[]) => {
    described = 0
    pieces.length = 0
    const { rows, rowCount, command } = await client.query({ name, text, values })
    return { rows: rows as unknown[], rowCount, command, described, pieces: pieces.length }
  }

  const INSERT = 'INSERT INTO things VALUES ($1, $2, $3)'
  const SELECT = 'SELECT id, name, made_at FROM things WHERE id = $1'
  const at = new Date('2026-11-24T16:20:13.500Z')

  test('is described at its first call, and later ones are one piece with the same answer', async () => {
    await run('insert', INSERT, [1, 'Ada', at])
    const row = { id: 1, name: 'Ada', made_at: at }
    const first = await run('select', SELECT, [1])
    assert.deepEqual([first.rows, first.described], [[row], 1])
    const second = await run('select', SELECT, [1])
    assert.deepEqual(second, { rows: [row], rowCount: 1, command: 'SELECT', described: 0, pieces: 1 })
    assert.deepEqual((await run('select', SELECT, [2])).rows, [])
  })

  test('without rows says how many it has changed, each time', async () => {
    for (const id of [11, 12]) assert.equal((await run('insert', INSERT, [id, null, null])).rowCount, 1)
    assert.equal(described, 0)
    assert.deepEqual((await run('select', SELECT, [12])).rows, [{ id: 12, name: null, made_at: null }])
  })

  test('an error and values that cannot be sent are that call’s own', async () => {
    await assert.rejects(run('insert', INSERT, [1, 'again', at]), { code: '23505' })
    const unsendable = {
      toPostgres: () => {
        throw new TypeError('no text for it')
      },
    }
    await assert.rejects(run('select', SELECT, [unsendable]), /no text for it/)
    assert.equal((await client.query('SELECT 1 AS one')).rows.length, 1)
  })
})
