import type { EachBatchPayload } from 'kafkajs'
import type { EventHandler } from '../kafka/handler.ts'
import type { Faults } from './faults.ts'

const LOOK_AGAIN_MS = 1_000

type HandleBatch<Rest extends unknown[]> = (payload: EachBatchPayload, ...rest: Rest) => Promise<void>

/**
 * Stands still while `consumer-stall` is on: the partition is taken out of the fetches, so that the member lives on, and comes
 * back a second later with the same events. What is in hand when the flag changes is finished.
 */
export const stallable =
  <Rest extends unknown[]>(handleBatch: HandleBatch<Rest>, faults: Faults): HandleBatch<Rest> =>
  async (payload, ...rest) => {
    if (await faults.isOn('consumer-stall')) setTimeout(payload.pause(), LOOK_AGAIN_MS).unref()
    else await handleBatch(payload, ...rest)
  }

/** Fails while `consumer-error` is on, before anything is done: an event can be replayed later as if it had never come. */
export const breakable = (handler: EventHandler, faults: Faults): EventHandler => ({
  ...handler,
  run: async (...event) => {
    if (await faults.isOn('consumer-error')) throw new Error('injected fault: consumer-error')
    return handler.run(...event)
  },
})
