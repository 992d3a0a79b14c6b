import { AsyncLocalStorage } from 'node:async_hooks'
import type { Tx } from './transaction.ts'

/** One transaction of a request that has an idempotency key. */
export type SlotStep = {
  /** Its result, when an earlier attempt of the same request has committed it. */
  readonly done: { readonly result: unknown } | undefined
  /** Writes the result into the transaction, so that both commit or neither. */
  record(tx: Tx, result: unknown): Promise<void>
}

/** What `Database.transaction` asks before it begins, where a request has an idempotency key. */
export interface TransactionSlot {
  readonly database: object
  nextStep(): SlotStep
}

const slots = new AsyncLocalStorage<TransactionSlot>()

export const runInSlot = <T>(slot: TransactionSlot, fn: () => Promise<T>): Promise<T> => slots.run(slot, fn)

/** The slot of the running request, if it has one and it is about this database. */
export const slotOf = (database: object): TransactionSlot | undefined => {
  const slot = slots.getStore()
  return slot?.database === database ? slot : undefined
}
