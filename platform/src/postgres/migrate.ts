import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Client } from 'pg'
import { Umzug } from 'umzug'
import type { RunnableMigration } from 'umzug'
import { parseConfig, postgresSettings } from '../runtime/config.ts'
import type { Secret } from '../runtime/config.ts'
import { z } from 'zod'

type Migration = { readonly name: string; readonly up: string; readonly down: string; readonly checksum: string }
type Say = (line: string) => void

const KIT_FOLDER = new URL('./migrations/', import.meta.url)
const LOCK = "hashtext('pharos.schema-migrations')"
const CONNECT_ATTEMPTS = 20
const CONNECT_PAUSE_MS = 500

const CREATE_TABLE = `
CREATE TABLE IF NOT EXISTS schema_migrations (
  name text PRIMARY KEY,
  checksum text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)`

/** A migration that was applied is not the one in the file any more. */
export class EditedMigrationError extends Error {
  override readonly name = 'EditedMigrationError'
}

/** Reads a folder of `<timestamp>-<what>.ts` files, each with `up` and `down` as plain SQL, in the order of their names. */
const readMigrations = async (folder: URL, prefix: string): Promise<Migration[]> => {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts')).toSorted()
  return Promise.all(
    files.map(async (file) => {
      const { up, down } = (await import(new URL(file, folder).href)) as { up?: unknown; down?: unknown }
      if (typeof up !== 'string' || typeof down !== 'string') throw new Error(`${file} must export up and down as SQL`)
      const name = `${prefix}${file.slice(0, -'.ts'.length)}`
      return { name, up, down, checksum: createHash('sha256').update(up).digest('hex') }
    }),
  )
}

/** The server is older than what the statements of the platform need. */
class OldServerError extends Error {
  override readonly name = 'OldServerError'
}

/** RETURNING tells of the row as it was before from this version on. */
const MIN_SERVER = 18

/** `version` as `server_version_num` has it, such as 180004. @throws OldServerError */
export const refuseOldServer = (version: number): void => {
  const major = Math.floor(version / 10_000)
  if (major < MIN_SERVER)
    throw new OldServerError(`this is PostgreSQL ${major}; Pharos needs ${MIN_SERVER} or later: upgrade the server.`)
}

/** A job may be started together with its server, so a refused connection is tried again for ten seconds. */
const connect = async (url: Secret): Promise<Client> => {
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client({ connectionString: url.reveal(), application_name: 'migrate' })
    try {
      await client.connect()
      return client
    } catch (error) {
      if (attempt === CONNECT_ATTEMPTS) throw error
      await sleep(CONNECT_PAUSE_MS)
    }
  }
}

const inTransaction = async (client: Client, fn: () => Promise<unknown>): Promise<void> => {
  await client.query('BEGIN')
  try {
    await fn()
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}

const toRunnable = (client: Client, migration: Migration): RunnableMigration<object> => ({
  name: migration.name,
  up: () =>
    inTransaction(client, async () => {
      await client.query(migration.up)
      await client.query('INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)', [
        migration.name,
        migration.checksum,
      ])
    }),
  down: () =>
    inTransaction(client, async () => {
      await client.query(migration.down)
      await client.query('DELETE FROM schema_migrations WHERE name = $1', [migration.name])
    }),
})

const appliedMigrations = async (client: Client): Promise<Map<string, string>> => {
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM schema_migrations ORDER BY applied_at, name',
  )
  return new Map(rows.map(({ name, checksum }) => [name, checksum]))
}

const refuseEdited = (migrations: Migration[], applied: Map<string, string>): void => {
  const edited = migrations.filter(({ name, checksum }) => (applied.get(name) ?? checksum) !== checksum)
  if (edited.length === 0) return
  const names = edited.map(({ name }) => `${name}.ts`).join(', ')
  throw new EditedMigrationError(
    `${names}: applied already and edited since. Restore it and write a new migration instead.`,
  )
}

/** Opens the database for migrations under an advisory lock, so that of several jobs at once one works and the rest wait. */
const underLock = async <T>(
  url: Secret,
  folder: URL | undefined,
  say: Say,
  fn: (umzug: Umzug) => Promise<T>,
): Promise<T> => {
  const migrations = [
    ...(await readMigrations(KIT_FOLDER, 'kit/')),
    ...(folder === undefined ? [] : await readMigrations(folder, '')),
  ]
  const client = await connect(url)
  try {
    const { rows: versions } = await client.query<{ server_version_num: string }>('SHOW server_version_num')
    refuseOldServer(Number(versions[0]?.server_version_num))
    const { rows } = await client.query<{ locked: boolean }>(`SELECT pg_try_advisory_lock(${LOCK}) AS locked`)
    if (rows[0]?.locked !== true) {
      say('another migration job is running, waiting for it')
      await client.query(`SELECT pg_advisory_lock(${LOCK})`)
    }
    await client.query(CREATE_TABLE)
    refuseEdited(migrations, await appliedMigrations(client))
    const umzug = new Umzug({
      migrations: migrations.map((migration) => toRunnable(client, migration)),
      // A migration records itself in its own transaction, so that a crash never leaves the one without the other.
      storage: {
        logMigration: async () => {},
        unlogMigration: async () => {},
        executed: async () => [...(await appliedMigrations(client)).keys()],
      },
      logger: undefined,
    })
    umzug.on('migrated', ({ name }) => say(`applied ${name}`))
    umzug.on('reverted', ({ name }) => say(`reverted ${name}`))
    return await fn(umzug)
  } finally {
    await client.end()
  }
}

/**
 * Applies what is missing: the kit's tables (outbox, inbox, idempotency keys), then the service's own from `folder`.
 * Each migration is one transaction. Safe to run at any time, also by several jobs at once.
 * @returns the names that were applied now
 * @throws EditedMigrationError naming the files that were changed after they had been applied
 */
export const migrate = (url: Secret, folder?: URL, say: Say = () => {}): Promise<string[]> =>
  underLock(url, folder, say, async (umzug) => (await umzug.up()).map(({ name }) => name))

/** Takes back the last applied migration. @returns its name, or none when there is nothing to take back */
export const revertLast = (url: Secret, folder?: URL, say: Say = () => {}): Promise<string[]> =>
  underLock(url, folder, say, async (umzug) => (await umzug.down()).map(({ name }) => name))

/**
 * The whole of a service's `migrate.ts`: `await migrateCommand(new URL('../migrations/', import.meta.url), process)`.
 * Reads `POSTGRES_URL`; `down` as the argument takes back the last migration. Writes a line per migration to stdout and
 * sets the exit code to 1 when something fails.
 */
export const migrateCommand = async (folder: URL, job: NodeJS.Process): Promise<void> => {
  const say: Say = (line) => void job.stdout.write(`migrate: ${line}\n`)
  try {
    const { POSTGRES_URL } = parseConfig(z.object({ POSTGRES_URL: postgresSettings.POSTGRES_URL }), job.env)
    const done =
      job.argv[2] === 'down' ? await revertLast(POSTGRES_URL, folder, say) : await migrate(POSTGRES_URL, folder, say)
    say(done.length === 0 ? 'nothing to do' : `done, ${done.length} migration${done.length === 1 ? '' : 's'}`)
  } catch (error) {
    say(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
    job.exitCode = 1
  }
}
