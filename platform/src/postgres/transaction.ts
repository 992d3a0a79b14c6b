import { Transaction } from 'sequelize'
import type { Client } from 'pg'
import type { Sequelize } from 'sequelize'
import { log } from '../telemetry/log.ts'
import { translatePostgresError } from './errors.ts'
import type { Statement } from './statement.ts'

type Hook = () => void | Promise<void>

/** What a transaction knows of the database that it runs in. */
export type TxDatabase = {
  readonly sequelize: Sequelize
  statement<Row>(what: Statement, values: readonly unknown[]): Promise<Row[]>
}

/** Sends a named statement on a connection and returns its rows, with the errors of `pg`. */
export const send = async <Row>(client: Client, what: Statement, values: readonly unknown[]): Promise<Row[]> => {
  const query = { name: what.name, text: what.text, values: values as unknown[] }
  const { rows } = await client.query(query)
  return rows as Row[]
}

/** The stack of a server's error ends in the socket; this one names who has sent the statement. */
export const withCallerStack = (error: unknown): unknown => {
  if (error instanceof Error) Error.captureStackTrace(error, withCallerStack)
  return translatePostgresError(error)
}

/**
 * A running transaction. It is Sequelize's own type, so that models take it as `{ transaction: tx }`, but begins and
 * commits by plain statements: Sequelize's way costs three times as much and writes to the console when a commit fails.
 */
export class Tx extends Transaction {
  /** For what happens after the commit, on other connections. */
  readonly database: TxDatabase
  readonly connection: Client
  finished: 'commit' | 'rollback' | undefined
  readonly #afterCommit: Hook[] = []

  constructor(database: TxDatabase, connection: Client) {
    super(database.sequelize, {})
    this.database = database
    this.connection = connection
  }

  /** Runs a named statement in this transaction. @throws AppError `unavailable` */
  async statement<Row>(what: Statement, values: readonly unknown[]): Promise<Row[]> {
    if (this.finished !== undefined) throw new Error(`${what.name}: the transaction is over (${this.finished})`)
    try {
      return await send<Row>(this.connection, what, values)
    } catch (error) {
      throw withCallerStack(error)
    }
  }

  /** Runs `hook` once the transaction has committed, and never when it has not. */
  override afterCommit(hook: (tx: this) => void | Promise<void>): void {
    this.#afterCommit.push(() => hook(this))
  }

  override commit(): Promise<void> {
    throw new Error('Database.transaction commits')
  }

  override rollback(): Promise<void> {
    throw new Error('throw inside Database.transaction to roll back')
  }

  /** Called by `Database.transaction`. What is written is written: a hook that fails is logged and no more. */
  async runAfterCommit(): Promise<void> {
    for (const hook of this.#afterCommit) {
      try {
        await hook()
      } catch (error) {
        log.error('work after a commit failed', { 'event.action': 'postgres.after-commit-failed' }, error)
      }
    }
  }
}
