import { statement } from './statement.ts'
import type { Tx } from './transaction.ts'

const remember = statement(
  'inbox.remember',
  'INSERT INTO inbox (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1',
)

/**
 * True the first time that `consumer` sees the event, false ever after. It counts when `tx` commits; a second delivery
 * at the same moment waits for the first to end. `eventId` is a UUID.
 */
export const once = async (tx: Tx, consumer: string, eventId: string): Promise<boolean> =>
  (await tx.statement(remember, [consumer, eventId])).length === 1
