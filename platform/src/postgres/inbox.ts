import { statement } from './statement.ts'
import type { Statement } from './statement.ts'
import type { Tx, TxDatabase } from './transaction.ts'

/**
 * For a statement that itself decides whether it handles an event: the text that remembers what `source` gives, VALUES or a
 * SELECT of consumer and event id, and returns a row if it is the first time.
 */
export const rememberEventSql = (source: string): string =>
  `INSERT INTO inbox (consumer, event_id) ${source} ON CONFLICT DO NOTHING RETURNING 1`

/** The row that says that an event was handled; `first` is the number of the first of its two parameters. */
const insertEvent = (first: number): string => rememberEventSql(`VALUES ($${first}, $${first + 1})`)

const remember = statement('inbox.remember', insertEvent(1))

/**
 * True the first time that `consumer` sees the event, false ever after. It counts when `tx` commits; a second delivery
 * at the same moment waits for the first to end. `eventId` is a UUID.
 */
export const once = async (tx: Tx, consumer: string, eventId: string): Promise<boolean> =>
  (await tx.statement(remember, [consumer, eventId])).length === 1

/** A write that an event causes, in one statement with the row that says that the event was handled. */
export type InboxedStatement = { readonly statement: Statement; readonly parameters: number }

/**
 * Declares a named statement of one write and its inbox row: a transaction by itself, which spares three of the four
 * round trips of `once`. `write` makes its text, which takes `$1` to `$parameters` and must write nothing unless the
 * condition `isFirst` holds, as in `UPDATE cards SET name = $2 WHERE id = $1 AND ${isFirst}`. Several writes are given by
 * name, and each may read what those before it return.
 */
export const inboxedStatement = (
  name: string,
  parameters: number,
  write: (isFirst: string) => string | Readonly<Record<string, string>>,
): InboxedStatement => {
  const written = write('EXISTS (SELECT FROM first)')
  const writes = Object.entries(typeof written === 'string' ? { written } : written)
  return {
    parameters,
    statement: statement(
      name,
      `WITH first AS (${insertEvent(parameters + 1)}),
       ${writes.map(([as, text]) => `${as} AS (${text})`).join(',\n')}
       SELECT FROM first`,
    ),
  }
}

/**
 * Runs the write unless this consumer has handled the event before, here or after `once`; true if it ran.
 * @throws AppError `unavailable`; Error for a wrong number of values
 */
export const writeOnce = async (
  database: TxDatabase,
  what: InboxedStatement,
  values: readonly unknown[],
  { consumer, eventId }: { readonly consumer: string; readonly eventId: string },
): Promise<boolean> => {
  if (values.length !== what.parameters) throw new Error(`${what.statement.name} takes ${what.parameters} values`)
  return (await database.statement(what.statement, [...values, consumer, eventId])).length === 1
}
