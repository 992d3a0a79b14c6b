import type { EventContract } from '../contracts/events/define.ts'
import type { Database } from '../postgres/connect.ts'
import { once, writeOnce } from '../postgres/inbox.ts'
import type { InboxedStatement } from '../postgres/inbox.ts'
import type { Tx } from '../postgres/transaction.ts'

/** An event as a consumer gets it, checked against its contract. */
export type ConsumedEvent<T> = {
  readonly id: string
  readonly type: string
  readonly key: string
  readonly time: Date
  readonly data: T
}

/**
 * What a consumer does with one type of event, once: `run` is false for an event that this consumer has handled before.
 * It may throw: `unavailable` is tried again until it works, anything else sends the event to the dead letters.
 */
export type EventHandler<T = unknown> = {
  readonly contract: EventContract<T>
  /** An event that is none of its concern leaves no trace in the database, not even that it was there. */
  readonly concerns?: ((data: T) => boolean) | undefined
  readonly run: (db: Database, consumer: string, event: ConsumedEvent<T>) => Promise<boolean>
}

const anyEvent = <T>(handler: EventHandler<T>): EventHandler => handler as unknown as EventHandler

/**
 * Ties a contract to what is done with its events, in a transaction that also remembers that it was done:
 * `on(userDeleted, async ({ data }, tx) => …)`.
 */
export const on = <T>(
  contract: EventContract<T>,
  handle: (event: ConsumedEvent<T>, tx: Tx) => Promise<void>,
): EventHandler =>
  anyEvent<T>({
    contract,
    run: (db, consumer, event) =>
      db.transaction(async (tx) => {
        const isFirst = await once(tx, consumer, event.id)
        if (isFirst) await handle(event, tx)
        return isFirst
      }),
  })

/**
 * Like `on` for an effect that is a single write: one round trip to Postgres instead of four.
 * `onByStatement(userUpdated, followNames, ({ data }) => [data.id, data.username], namesChanged)`
 */
export const onByStatement = <T>(
  contract: EventContract<T>,
  what: InboxedStatement,
  valuesOf: (event: ConsumedEvent<T>) => readonly unknown[],
  concerns?: (data: T) => boolean,
): EventHandler =>
  anyEvent<T>({
    contract,
    concerns,
    run: (db, consumer, event) => writeOnce(db, what, valuesOf(event), { consumer, eventId: event.id }),
  })

/**
 * A handler after which something more is done in this process, once the effect is committed: also for an event that was
 * handled before, because the process may have died in between then. It must not throw.
 */
export const afterwards = (
  handler: EventHandler,
  then: (event: ConsumedEvent<unknown>, isFirst: boolean, db: Database) => void,
): EventHandler => ({
  ...handler,
  run: async (db, consumer, event) => {
    const isFirst = await handler.run(db, consumer, event)
    then(event, isFirst, db)
    return isFirst
  },
})
