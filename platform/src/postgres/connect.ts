import type { Client } from 'pg'
import type { Sequelize } from 'sequelize'
import { log } from '../telemetry/log.ts'
import { breaksConnection, isStalePlan, translatePostgresError } from './errors.ts'
import { openPool } from './pool.ts'
import type { Pool, PostgresOptions } from './pool.ts'
import { slotOf } from './slot.ts'
import { statement } from './statement.ts'
import type { Statement } from './statement.ts'
import { send, Tx, withCallerStack } from './transaction.ts'

export { statement } from './statement.ts'
export type { Statement } from './statement.ts'
export type { Tx } from './transaction.ts'
export type { PostgresOptions } from './pool.ts'

/** A service's database: one pool, shared by Sequelize's models and by named statements. */
export type Database = AsyncDisposable & {
  /** For models: `User.init(…, { sequelize: db.sequelize })`. Their faults are translated like all others. */
  readonly sequelize: Sequelize
  /** Runs a named statement, on the transaction's connection when one is given. @throws AppError `unavailable` */
  statement<Row>(what: Statement, values: readonly unknown[], tx?: Tx): Promise<Row[]>
  /**
   * Runs `fn` in a transaction: commits when it returns, rolls back when it throws. When the connection is lost while
   * committing, nobody knows which it was: that is `unavailable`, and an idempotency key makes the retry safe.
   */
  transaction<T>(fn: (tx: Tx) => Promise<T>): Promise<T>
  /** Resolves when statements are answered. @throws AppError `unavailable` */
  check(): Promise<void>
  /** Opens a connection beside the pool, for what needs a session of its own: advisory locks, LISTEN. */
  dedicated(name: string): Promise<Client>
}

const ping = statement('postgres.ping', 'SELECT 1')

const createStatement = (pool: Pool) => {
  const onPool = async <Row>(what: Statement, values: readonly unknown[], attempt = 0): Promise<Row[]> => {
    const client = await pool.acquire()
    let rows: Row[]
    try {
      rows = await send<Row>(client, what, values)
    } catch (error) {
      pool.release(client, error)
      // Nothing was run, and the connection is gone; each of the others may hold the same stale plan.
      if (isStalePlan(error) && attempt < pool.max) return onPool(what, values, attempt + 1)
      throw withCallerStack(error)
    }
    pool.release(client)
    return rows
  }
  return <Row>(what: Statement, values: readonly unknown[], tx?: Tx): Promise<Row[]> =>
    tx ? tx.statement<Row>(what, values) : onPool<Row>(what, values)
}

const commit = async (client: Client): Promise<void> => {
  const { command } = await client.query('COMMIT')
  // Postgres answers so when a statement had failed and the failure was swallowed: nothing was written.
  if (command === 'ROLLBACK') throw new Error('a transaction with a failed statement cannot commit')
}

const rollBack = async (pool: Pool, client: Client, cause: unknown): Promise<void> => {
  if (breaksConnection((cause as Error | undefined)?.cause ?? cause)) return pool.discard(client)
  try {
    await client.query('ROLLBACK')
    pool.release(client)
  } catch {
    pool.discard(client)
  }
}

const createTransaction = (pool: Pool, self: () => Database) => {
  return async <T>(fn: (tx: Tx) => Promise<T>): Promise<T> => {
    const step = slotOf(self())?.nextStep()
    if (step?.done) return step.done.result as T
    const client = await pool.acquire()
    const tx = new Tx(self(), client)
    let result: T
    try {
      await client.query('BEGIN')
      result = await fn(tx)
      await step?.record(tx, result)
      await commit(client)
    } catch (error) {
      tx.finished = 'rollback'
      await rollBack(pool, client, error)
      throw translatePostgresError(error)
    }
    tx.finished = 'commit'
    pool.release(client)
    await tx.runAfterCommit()
    return result
  }
}

/**
 * Opens the database. It resolves also when Postgres is away: statements then fail with `unavailable`, `check` says so,
 * and everything works again as soon as it is back.
 */
export const connectPostgres = async (options: PostgresOptions): Promise<Database> => {
  const pool = openPool(options)
  const statementOn = createStatement(pool)
  const db: Database = {
    sequelize: pool.sequelize,
    statement: statementOn,
    transaction: createTransaction(pool, () => db),
    check: async () => {
      await statementOn(ping, [])
    },
    dedicated: (name) => pool.dedicated(name),
    [Symbol.asyncDispose]: () => pool.close(),
  }
  try {
    await db.check()
  } catch (error) {
    log.warn('postgres is away, going on without it', { 'event.action': 'postgres.away' }, error)
  }
  return db
}
