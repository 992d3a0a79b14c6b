import type { EventContract } from '../contracts/events/define.ts'
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
 * What a consumer does with one type of event, in a transaction that also remembers that it was done. It may throw:
 * `unavailable` is tried again until it works, anything else sends the event to the dead letters.
 */
export type EventHandler<T = unknown> = {
  readonly contract: EventContract<T>
  readonly handle: (event: ConsumedEvent<T>, tx: Tx) => Promise<void>
}

/** Ties a contract to what is done with its events: `on(userDeleted, async ({ data }, tx) => …)`. */
export const on = <T>(contract: EventContract<T>, handle: EventHandler<T>['handle']): EventHandler =>
  ({ contract, handle }) as unknown as EventHandler
