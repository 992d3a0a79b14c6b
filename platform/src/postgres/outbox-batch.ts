import type { Client } from 'pg'
import type { EventMessage } from '../kafka/message.ts'
import { statement } from './statement.ts'
import { send } from './transaction.ts'

type OutboxRow = {
  readonly id: number
  readonly event_id: string
  readonly topic: string
  readonly key: string
  readonly type: string
  readonly source: string
  readonly data: string
  readonly occurred_at: Date
  readonly traceparent: string | null
  readonly correlation_id: string | null
}

/** The events that are published together, and how to take them out of the outbox afterwards. */
export type OutboxBatch = {
  readonly messages: readonly EventMessage[]
  /** Nothing was left behind when the batch was read. */
  readonly isAll: boolean
  remove(): Promise<void>
}

/** Kafka's limit is 1 MiB for what one request brings to one partition. */
const MAX_BYTES = 900_000

/**
 * No high-water mark: a row with a lower id may be committed after one with a higher id, so every round looks at all
 * that is there. The published are deleted, hence all that is there is pending.
 */
const pending = statement(
  'outbox.pending',
  `SELECT id, event_id, topic, key, type, source, payload::text AS data, occurred_at, traceparent, correlation_id
   FROM outbox ORDER BY id LIMIT $1`,
)
const remove = statement('outbox.remove', 'DELETE FROM outbox WHERE id = ANY($1)')
const measure = statement(
  'outbox.measure',
  `SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT 100000) AS counted) AS pending,
          (SELECT created_at FROM outbox ORDER BY id LIMIT 1) AS oldest`,
)

const toMessage = (row: OutboxRow): EventMessage => ({
  topic: row.topic,
  key: row.key,
  id: row.event_id,
  type: row.type,
  source: row.source,
  time: row.occurred_at,
  data: row.data,
  origin: { traceparent: row.traceparent ?? undefined, correlationId: row.correlation_id ?? undefined },
})

/** As many rows from the front as fit one request, and at least one. */
const fitting = (rows: readonly OutboxRow[]): readonly OutboxRow[] => {
  let bytes = 0
  const end = rows.findIndex((row, index) => (bytes += Buffer.byteLength(row.data)) > MAX_BYTES && index > 0)
  return end === -1 ? rows : rows.slice(0, end)
}

/** The oldest pending events, `limit` at most, on the relay's connection; undefined when there are none. */
export const readBatch = async (client: Client, limit: number): Promise<OutboxBatch | undefined> => {
  const rows = await send<OutboxRow>(client, pending, [limit])
  if (rows.length === 0) return undefined
  const batch = fitting(rows)
  return {
    messages: batch.map(toMessage),
    isAll: rows.length < limit && batch.length === rows.length,
    remove: async () => {
      await send(client, remove, [batch.map(({ id }) => id)])
    },
  }
}

/** How much is pending, counted up to 100,000, and since when. */
export const measureOutbox = async (client: Client): Promise<{ pending: number; oldest: Date | undefined }> => {
  const [row] = await send<{ pending: number; oldest: Date | null }>(client, measure, [])
  return { pending: row?.pending ?? 0, oldest: row?.oldest ?? undefined }
}
