import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DomainEvent } from '../contracts/events/define.ts'
import { activeCorrelationId, activeTraceparent } from '../telemetry/context.ts'
import { log } from '../telemetry/log.ts'
import { counter } from '../telemetry/metrics.ts'
import { statement } from './statement.ts'
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

const append = statement(
  'outbox.append',
  `INSERT INTO outbox (event_id, topic, key, type, source, payload, occurred_at, traceparent, correlation_id)
   SELECT id, topic, key, type, source, data, time, $2, $3
   FROM json_to_recordset($1)
     AS event (id uuid, topic text, key text, type text, source text, data json, time timestamptz)`,
)
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
  const rows = JSON.stringify(events)
  if (rows.length > MAX_EVENT_BYTES) refuseTooLarge(events)
  await tx.statement(append, [rows, activeTraceparent() ?? null, activeCorrelationId() ?? null])
  tx.afterCommit(() => {
    for (const { type } of events) domainEvents.inc({ type })
    wakeRelay(tx.database)
  })
}

const refuseTooLarge = (events: readonly DomainEvent[]): void => {
  for (const { type, data } of events) {
    const bytes = Buffer.byteLength(JSON.stringify(data))
    if (bytes > MAX_EVENT_BYTES) throw new Error(`a ${type} event of ${bytes} bytes is too large to publish`)
  }
}
