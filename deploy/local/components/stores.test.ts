import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { temporaryHome, type TemporaryHome } from '../temporary-home.ts'
import { databaseUrl, dropDatabases, prepareDatabases } from './databases.ts'
import { startPostgres } from './postgres.ts'
import { startRedis } from './redis.ts'
import { exchange, type Server } from './server.ts'

// These start stores of their own, because they kill them.

let home: TemporaryHome
let postgres: Server
before(async () => {
  home = await temporaryHome()
  await mkdir(join(home.path, 'logs'))
  const place = { dataDir: join(home.path, 'postgres'), logFile: join(home.path, 'logs/postgres.log') }
  postgres = await startPostgres({ ...place, password: 'secret of the superuser' })
})
after(async () => {
  await postgres.stop()
  await home[Symbol.asyncDispose]()
})

const query = async (url: string, text: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

test('PostgreSQL keeps what was committed through kill -9 and comes back on its port', async () => {
  await query(postgres.url, "create table kept as select 'it' as what")
  await postgres.kill()
  await assert.rejects(query(postgres.url, 'select 1'), /ECONNREFUSED/)
  await postgres.start()
  assert.deepEqual(await query(postgres.url, 'select what from kept'), [{ what: 'it' }])
})

test('each service has a database that only its own role may enter, with the extensions in it', async () => {
  const specs = ['one', 'two'].map((name) => ({ database: `t_${name}`, role: `t_${name}`, password: `p@ss/${name}` }))
  const [one, two] = specs
  assert.ok(one && two)
  await prepareDatabases(postgres.url, specs)
  await prepareDatabases(postgres.url, specs)
  const installed = await query(databaseUrl(postgres.url, one), 'select extname from pg_extension order by 1')
  assert.deepEqual(
    installed.map((row) => (row as { extname: string }).extname),
    ['citext', 'pg_stat_statements', 'pg_trgm', 'plpgsql'],
  )
  await query(databaseUrl(postgres.url, one), 'create table own (id int)')
  const strangers = databaseUrl(postgres.url, { ...one, database: two.database })
  await assert.rejects(query(strangers, 'select 1'), /permission denied for database/)
  await assert.rejects(query(databaseUrl(postgres.url, one), 'create role another'), /permission denied/)
  await dropDatabases(postgres.url, specs)
  assert.deepEqual(await query(postgres.url, "select 1 from pg_database where datname like 't\\_%'"), [])
})

test('Redis asks for its password and keeps what it was told through kill -9', async () => {
  const place = { dataDir: join(home.path, 'redis'), logFile: join(home.path, 'logs/redis.log') }
  await using redis = await startRedis({ ...place, password: 'secret' })
  const send = async (commands: string): Promise<string> =>
    (await exchange(redis.port, Buffer.from(commands))).toString()
  assert.match(await send('GET kept\r\n'), /^-NOAUTH/)
  await send('AUTH secret\r\nSET kept it\r\n')
  await redis.kill()
  await redis.start()
  assert.match(await send('AUTH secret\r\nGET kept\r\n'), /^\+OK\r\n\$2\r\nit\r\n$/)
})
