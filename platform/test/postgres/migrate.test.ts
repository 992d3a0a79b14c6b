import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { connectPostgres, statement } from '../../src/postgres/connect.ts'
import { EditedMigrationError, migrate, refuseOldServer, revertLast } from '../../src/postgres/migrate.ts'
import type { Secret } from '../../src/runtime/config.ts'
import { testDatabase } from '../../src/testing/stores.ts'

const file = (up: string, down: string): string =>
  `export const up = ${JSON.stringify(up)}\nexport const down = ${JSON.stringify(down)}\n`

/** Each folder has files of its own, because a module is read once only. */
const folderOf = async (files: Record<string, string>): Promise<{ url: URL } & AsyncDisposable> => {
  const path = await mkdtemp(join(tmpdir(), 'pharos-migrations-'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text)
  return { url: pathToFileURL(`${path}/`), [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

const tables = async (url: Secret): Promise<string[]> => {
  await using db = await connectPostgres({ url, poolMax: 1, applicationName: 'test' })
  return (await db.statement<{ tablename: string }>(allTables, [])).map((row) => row.tablename)
}

const allTables = statement('test.tables', `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)

const KIT = [
  'kit/20260101T0000-outbox',
  'kit/20260101T0001-inbox',
  'kit/20260101T0002-idempotency-keys',
  'kit/20260101T0003-batched-work',
]
const one = { '1-one.ts': file('CREATE TABLE one (id int)', 'DROP TABLE one') }
const two = { '2-two.ts': file('CREATE TABLE two (id int); INSERT INTO two VALUES (1)', 'DROP TABLE two') }

test('the kit comes first, then the service in the order of its files, each once', async () => {
  await using database = await testDatabase({ empty: true })
  await using folder = await folderOf({ ...two, ...one })
  assert.deepEqual(await migrate(database.url, folder.url), [...KIT, '1-one', '2-two'])
  assert.deepEqual(await migrate(database.url, folder.url), [])
  assert.deepEqual(await tables(database.url), [
    'batched_work',
    'idempotency_keys',
    'inbox',
    'one',
    'outbox',
    'schema_migrations',
    'two',
  ])
})

test('of several jobs at once one does the work and none fails', async () => {
  await using database = await testDatabase({ empty: true })
  await using folder = await folderOf({ ...one, ...two })
  const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(database.url, folder.url)))
  assert.deepEqual(applied.flat().toSorted(), ['1-one', '2-two', ...KIT])
})

test('a migration that fails leaves nothing behind, and those before it stay', async () => {
  await using database = await testDatabase({ empty: true })
  await using folder = await folderOf({
    ...one,
    '2-broken.ts': file('CREATE TABLE half (id int); SELECT nonsense', 'SELECT 1'),
  })
  await assert.rejects(migrate(database.url, folder.url), /2-broken/)
  assert.ok((await tables(database.url)).includes('one'))
  assert.ok(!(await tables(database.url)).includes('half'))
})

test('an applied migration that was edited is refused by name', async () => {
  await using database = await testDatabase({ empty: true })
  await using before = await folderOf(one)
  await using edited = await folderOf({ '1-one.ts': file('CREATE TABLE one (id bigint)', 'DROP TABLE one') })
  await migrate(database.url, before.url)
  await assert.rejects(migrate(database.url, edited.url), (error: Error) => {
    return error instanceof EditedMigrationError && error.message.startsWith('1-one.ts:')
  })
})

test('the last migration can be taken back and applied again', async () => {
  await using database = await testDatabase({ empty: true })
  await using folder = await folderOf({ ...one, ...two })
  await migrate(database.url, folder.url)
  assert.deepEqual(await revertLast(database.url, folder.url), ['2-two'])
  assert.ok(!(await tables(database.url)).includes('two'))
  assert.deepEqual(await migrate(database.url, folder.url), ['2-two'])
})

test('a server that is too old is refused with a sentence, before anything is written', () => {
  assert.throws(() => refuseOldServer(170_006), { name: 'OldServerError', message: /PostgreSQL 17; .*18 or later/ })
  refuseOldServer(180_000)
})
