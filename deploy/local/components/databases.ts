import pg from 'pg'
import { Failure } from '../failure.ts'

export type DatabaseSpec = { database: string; role: string; password: string }

// pg_stat_statements needs a superuser; the other two are trusted, but a service's role should not have to make them.
const EXTENSIONS = ['pg_trgm', 'citext', 'pg_stat_statements']

const quote = (name: string): string => pg.escapeIdentifier(name)

const withClient = async (url: string, work: (client: pg.Client) => Promise<void>): Promise<void> => {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5000,
    application_name: 'pharos-databases',
  })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    const { host } = new URL(url)
    const reason = error instanceof Error ? error.message : String(error)
    throw new Failure(`PostgreSQL at ${host} cannot be used (${reason}): check POSTGRES_URL.`, { cause: error })
  }
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

const withDatabase = (adminUrl: string, database: string): string => {
  const url = new URL(adminUrl)
  url.pathname = `/${database}`
  return url.href
}

/** The URL by which a service reaches its own database with its own role. */
export const databaseUrl = (adminUrl: string, spec: DatabaseSpec): string => {
  const url = new URL(withDatabase(adminUrl, spec.database))
  url.username = spec.role
  url.password = spec.password
  return url.href
}

const makeRole = async (
  admin: pg.Client,
  { role, password }: Pick<DatabaseSpec, 'role' | 'password'>,
): Promise<void> => {
  const { rowCount } = await admin.query('select from pg_roles where rolname = $1', [role])
  const verb = rowCount === 0 ? 'create' : 'alter'
  // Set on each start, so that the role follows the secrets file.
  await admin.query(
    `${verb} role ${quote(role)} login nosuperuser nocreatedb nocreaterole password ${pg.escapeLiteral(password)}`,
  )
}

const makeDatabase = async (admin: pg.Client, { database, role }: DatabaseSpec): Promise<void> => {
  const { rowCount } = await admin.query('select from pg_database where datname = $1', [database])
  if (rowCount !== 0) return
  // An administrator who is no superuser may only give away what he belongs to.
  await admin.query(`grant ${quote(role)} to current_user`)
  await admin.query(`create database ${quote(database)} owner ${quote(role)}`)
  await admin.query(`revoke all on database ${quote(database)} from public`)
}

const makeExtensions = (adminUrl: string, database: string): Promise<void> =>
  withClient(withDatabase(adminUrl, database), async (client) => {
    for (const name of EXTENSIONS) await client.query(`create extension if not exists ${name}`)
  })

/** Makes each role and its database with the extensions when they are missing; nobody else may connect to it. */
export const prepareDatabases = async (adminUrl: string, specs: readonly DatabaseSpec[]): Promise<void> => {
  await withClient(adminUrl, async (admin) => {
    for (const spec of specs) {
      await makeRole(admin, spec)
      await makeDatabase(admin, spec)
    }
  })
  await Promise.all(specs.map((spec) => makeExtensions(adminUrl, spec.database)))
}

const MONITOR = 'pharos_monitor'

/** The URL of the role that sees the server's statistics, and no row of anybody's. */
export const monitorUrl = (adminUrl: string, password: string): string => {
  const url = new URL(adminUrl)
  // Debian's exporter knows no other spelling.
  url.protocol = 'postgresql:'
  url.username = MONITOR
  url.password = password
  url.searchParams.set('sslmode', url.searchParams.get('sslmode') ?? 'disable')
  return url.href
}

/** Makes that role, which may connect to the given databases and to the one of the URL. */
export const prepareMonitor = async (
  adminUrl: string,
  o: { password: string; databases: readonly string[] },
): Promise<void> => {
  await withClient(adminUrl, async (admin) => {
    await makeRole(admin, { role: MONITOR, password: o.password })
    await admin.query(`grant pg_monitor to ${MONITOR}`)
    // The size of a table waits for whoever has locked it, and with it all that the exporter tells would.
    await admin.query(`alter role ${MONITOR} set lock_timeout = '500ms'`)
    await admin.query(`alter role ${MONITOR} set statement_timeout = '3s'`)
    for (const name of o.databases) await admin.query(`grant connect on database ${quote(name)} to ${MONITOR}`)
    await admin.query('create extension if not exists pg_stat_statements')
  })
}

/** Removes the databases and their roles, and whoever is connected. */
export const dropDatabases = (adminUrl: string, specs: readonly DatabaseSpec[]): Promise<void> =>
  withClient(adminUrl, async (admin) => {
    for (const { database, role } of specs) {
      await admin.query(`drop database if exists ${quote(database)} with (force)`)
      await admin.query(`drop role if exists ${quote(role)}`)
    }
  })
