import pg from 'pg'
import type { ServiceName } from '../local/services.ts'
import type { System } from '../local/system.ts'

/**
 * Takes the database of one service away, from the connections that are open and from new ones, while the server and
 * the other services' databases stay. Disposing of it brings the database back.
 */
export const takeDatabaseAway = async (system: System, service: ServiceName): Promise<AsyncDisposable> => {
  const url = system.databases[service]
  if (url === undefined) throw new Error(`${service} has no database`)
  const name = new URL(url).pathname.slice(1)
  const admin = new pg.Client({ connectionString: process.env['POSTGRES_URL'] })
  await admin.connect()
  const allow = (connections: boolean): Promise<unknown> =>
    admin.query(`alter database ${admin.escapeIdentifier(name)} with allow_connections ${connections}`)
  await allow(false)
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
  return {
    [Symbol.asyncDispose]: async () => {
      await allow(true)
      await admin.end()
    },
  }
}
