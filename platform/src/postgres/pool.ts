import pg from 'pg'
import type { Client } from 'pg'
import { Sequelize } from 'sequelize'
import type { Secret } from '../runtime/config.ts'
import { breaksConnection, translatePostgresError } from './errors.ts'
import { createInstrument } from './instrument.ts'
import { connectionWait, observePool } from './pool-metrics.ts'
import type { PoolState } from './pool-metrics.ts'
import { setTypes } from './types.ts'
import { watchConnections } from './watch.ts'

export type PostgresOptions = {
  readonly url: Secret
  readonly poolMax: number
  readonly applicationName: string
  /** On the server, per statement; 1,500 by default. */
  readonly statementTimeoutMs?: number
  /** How long a caller waits for a connection before it gets `unavailable`; 1,500 by default. */
  readonly acquireTimeoutMs?: number
}

/** The one pool of a process: Sequelize's, whose connections serve named statements as well. */
export type Pool = {
  readonly sequelize: Sequelize
  readonly max: number
  /** @throws AppError `unavailable` */
  acquire(): Promise<Client>
  /** Returns a connection; one that `error` says is broken is closed and never used again. */
  release(client: Client, error?: unknown): void
  discard(client: Client): void
  dedicated(name: string): Promise<Client>
  close(): Promise<void>
}

const STATEMENT_TIMEOUT_MS = 1_500
const ACQUIRE_TIMEOUT_MS = 1_500
const CONNECT_TIMEOUT_MS = 1_500
const IDLE_IN_TRANSACTION_MS = 10_000
const IDLE_CONNECTION_MS = 300_000
const EVICTION_MS = 30_000
/** Beyond the server's own limit there is no answer to come: the server hangs or the network is gone. */
const NO_ANSWER_GRACE_MS = 1_000

/** Options that Sequelize knows and its types do not: without them each start opens a connection to ask for the version. */
const UNTYPED_OPTIONS = { databaseVersion: '15.0.0', keepDefaultTimezone: true }

const databaseName = (url: Secret): string => new URL(url.reveal()).pathname.slice(1)

/** Makes the pool; it connects when the first statement asks for a connection. */
export const openPool = (options: PostgresOptions): Pool => {
  const { url, poolMax, applicationName } = options
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS
  const instrument = createInstrument(databaseName(url))
  const watch = watchConnections(statementTimeoutMs + NO_ANSWER_GRACE_MS)
  const prepare = (client: Client): void => {
    setTypes(client)
    watch.add(client, instrument(client))
  }
  const session = {
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // A named statement is planned once per connection. By itself Postgres plans each call anew while a plan that knows the
    // values looks cheaper, which costs more than most statements; what needs different plans is different statements.
    options: '-c timezone=UTC -c client_min_messages=warning -c plan_cache_mode=force_generic_plan',
  }
  const sequelize = new Sequelize(url.reveal(), {
    dialect: 'postgres',
    dialectModule: pg,
    logging: false,
    ...UNTYPED_OPTIONS,
    pool: {
      max: poolMax,
      min: 0,
      acquire: options.acquireTimeoutMs ?? ACQUIRE_TIMEOUT_MS,
      idle: IDLE_CONNECTION_MS,
      evict: EVICTION_MS,
    },
    dialectOptions: { ...session, application_name: applicationName, clientMinMessages: 'ignore' },
    hooks: { afterConnect: (connection: unknown) => prepare(connection as Client) },
  })

  const connections = sequelize.connectionManager
  const { pool } = connections as unknown as { pool: PoolState & { acquire(): Promise<Client> } }
  const forgetPool = observePool(pool)

  const acquire = async (): Promise<Client> => {
    const startedAt = performance.now()
    try {
      return await pool.acquire()
    } catch (error) {
      throw translatePostgresError(error)
    } finally {
      connectionWait.observe({}, (performance.now() - startedAt) / 1_000)
    }
  }
  // Sequelize's own statements come here for their connections, so they wait, fail and are measured like all others.
  connections.getConnection = acquire

  const runQuery = sequelize.query.bind(sequelize) as (...args: unknown[]) => Promise<unknown>
  sequelize.query = (async (...args: unknown[]) => {
    try {
      return await runQuery(...args)
    } catch (error) {
      throw translatePostgresError(error)
    }
  }) as Sequelize['query']

  const discard = (client: Client): void => void connections.destroyConnection(client).catch(() => {})

  return {
    sequelize,
    max: poolMax,
    acquire,
    discard,
    release: (client, error) => {
      if (error !== undefined && breaksConnection(error)) discard(client)
      else connections.releaseConnection(client)
    },
    dedicated: async (name) => {
      const application = `${applicationName}-${name}`
      const client = new pg.Client({ connectionString: url.reveal(), ...session, application_name: application })
      // Without a listener the loss of an idle connection ends the process; its user learns of it by the next statement.
      client.on('error', () => {})
      try {
        await client.connect()
      } catch (error) {
        throw translatePostgresError(error)
      }
      prepare(client)
      return client
    },
    close: async () => {
      watch.stop()
      forgetPool()
      await connections.close()
    },
  }
}
