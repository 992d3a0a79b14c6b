import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DomainEvent } from '../contracts/events/define.ts'
import { activeCorrelationId, activeTraceparent } from '../telemetry/context.ts'
import { log } from '../telemetry/log.ts'
import { counter } from '../telemetry/metrics.ts'
import { slotOf } from './slot.ts'
import { statement } from './statement.ts'
import type { Statement } from './statement.ts'
import type { Tx, TxDatabase } from './transaction.ts'

export const OUTBOX_CHANNEL = 'outbox'

/** Below what Kafka takes by default (1 MiB), so that no row can be stored that never gets published. */
const MAX_EVENT_BYTES = 900_000
const NOTIFY_PAUSE_MS = 10

const domainEvents = counter({
  name: 'app_domain_events_total',
  help: 'Domain events, counted once their transaction has committed',
  labels: ['type'],
})

/**
 * For a statement that makes its events in SQL, of what it has written: the text that stores what `select` gives, which are the
 * columns event_id, topic, key, type, source, payload (json), occurred_at, traceparent, correlation_id in this order.
 * Whoever runs it calls `eventsStored` after the commit.
 */
export const storeEventsSql = (select: string): string =>
  `INSERT INTO outbox (event_id, topic, key, type, source, payload, occurred_at, traceparent, correlation_id) ${select}`

/** `first` is the number of the first of the three parameters: events, traceparent, correlation id. */
const insertEvents = (first: number): string =>
  storeEventsSql(`SELECT id, topic, key, type, source, data, time, $${first + 1}::text, $${first + 2}::text
   FROM json_to_recordset($${first}::json)
     AS event (id uuid, topic text, key text, type text, source text, data json, time timestamptz)`)

/** Counts events whose transaction has committed and wakes the relay; what `appendEvents` and `writeWithEvents` do by themselves. */
export const eventsStored = (database: TxDatabase, types: readonly string[]): void => {
  for (const type of types) domainEvents.inc({ type })
  wakeRelay(database)
}

const append = statement('outbox.append', insertEvents(1))
const notify = statement('outbox.notify', `SELECT pg_notify('${OUTBOX_CHANNEL}', '')`)

/** Runs a function in the context of no request: one notification speaks for the commits of many. */
const outsideRequests = AsyncLocalStorage.snapshot()

type Waker = { localRelay: (() => boolean) | undefined; notifying: boolean; again: boolean }
const wakers = new WeakMap<TxDatabase, Waker>()

const wakerOf = (database: TxDatabase): Waker => {
  let waker = wakers.get(database)
  if (!waker) wakers.set(database, (waker = { localRelay: undefined, notifying: false, again: false }))
  return waker
}

/** A relay of this process says how to wake it; `wake` returns false while another process has the lock. */
export const registerRelay = (database: TxDatabase, wake: () => boolean): (() => void) => {
  const waker = wakerOf(database)
  waker.localRelay = wake
  return () => {
    if (waker.localRelay === wake) waker.localRelay = undefined
  }
}

const sendNotify = async (database: TxDatabase, waker: Waker): Promise<void> => {
  waker.notifying = true
  do {
    waker.again = false
    try {
      await database.statement(notify, [])
    } catch (error) {
      log.debug('the relay was not notified, its poll will find the event', { 'error.message': String(error) })
    }
    await sleep(NOTIFY_PAUSE_MS, undefined, { ref: false })
  } while (waker.again)
  waker.notifying = false
}

/**
 * Tells the relay that there is work. Not by NOTIFY inside the transaction, because Postgres lets only one notifying
 * transaction commit at a time: all writes would queue for the disk one by one. A relay in this process is called; one
 * elsewhere gets a NOTIFY at once and then one for whatever commits in the next milliseconds. If this process dies
 * before, the relay's slow poll finds the row.
 */
const wakeRelay = (database: TxDatabase): void => {
  const waker = wakerOf(database)
  if (waker.localRelay?.()) return
  if (waker.notifying) waker.again = true
  else void outsideRequests(() => sendNotify(database, waker))
}

/**
 * Stores events in the transaction that they tell of; the relay publishes them after its commit, in this order.
 * Append after the write of the aggregate: its row lock is what keeps the events of one key in order. The ids of the
 * running request go along, so that what consumers do belongs to its trace.
 * @throws Error for an event beyond 900 kB, which Kafka would never take
 */
export const appendEvents = async (tx: Tx, events: readonly DomainEvent[]): Promise<void> => {
  if (events.length === 0) return
  await tx.statement(append, eventValues(events))
  tx.afterCommit(() => committed(tx.database, events))
}

type EventfulDatabase = TxDatabase & { transaction<T>(fn: (tx: Tx) => Promise<T>): Promise<T> }

/** A write that stores its events in the same statement. */
export type EventfulStatement = { readonly statement: Statement; readonly parameters: number }

/**
 * Declares a named statement of one write and its events: a transaction by itself, so it spares the round trips of
 * BEGIN, of the second statement and of COMMIT. `write` takes `$1` to `$parameters` and returns a row when it has
 * written; without one the events are not stored either. `also` are further writes, which select from those rows:
 * `INSERT … SELECT … FROM written`; or from what an earlier one of them returns, which is called `also_1`, `also_2`.
 */
export const eventfulStatement = (
  name: string,
  parameters: number,
  write: string,
  ...also: readonly string[]
): EventfulStatement => ({
  parameters,
  statement: statement(
    name,
    `WITH written AS (${write}),
     ${also.map((text, index) => `also_${index + 1} AS (${text}),`).join('\n     ')}
     appended AS (${insertEvents(parameters + 1)} WHERE EXISTS (SELECT FROM written))
     SELECT * FROM written`,
  ),
})

/**
 * Runs the write and returns its rows. In a request with an idempotency key it runs in a transaction, because such keys
 * are kept with those.
 * @throws AppError `unavailable`; Error for events beyond 900 kB
 */
export const writeWithEvents = async <Row>(
  database: EventfulDatabase,
  what: EventfulStatement,
  values: readonly unknown[],
  events: readonly DomainEvent[],
): Promise<Row[]> => {
  if (values.length !== what.parameters) throw new Error(`${what.statement.name} takes ${what.parameters} values`)
  const all = [...values, ...eventValues(events)]
  if (slotOf(database)) {
    return database.transaction(async (tx) => {
      const rows = await tx.statement<Row>(what.statement, all)
      if (rows.length > 0) tx.afterCommit(() => committed(database, events))
      return rows
    })
  }
  const rows = await database.statement<Row>(what.statement, all)
  if (rows.length > 0) committed(database, events)
  return rows
}

const eventValues = (events: readonly DomainEvent[]): unknown[] => {
  const rows = JSON.stringify(events)
  if (rows.length > MAX_EVENT_BYTES) refuseTooLarge(events)
  return [rows, activeTraceparent() ?? null, activeCorrelationId() ?? null]
}

const committed = (database: TxDatabase, events: readonly DomainEvent[]): void => {
  eventsStored(
    database,
    events.map(({ type }) => type),
  )
}

const refuseTooLarge = (events: readonly DomainEvent[]): void => {
  for (const { type, data } of events) {
    const bytes = Buffer.byteLength(JSON.stringify(data))
    if (bytes > MAX_EVENT_BYTES) throw new Error(`a ${type} event of ${bytes} bytes is too large to publish`)
  }
}
