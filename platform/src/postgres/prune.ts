import type { Database } from './connect.ts'
import { statement } from './statement.ts'

const BATCH = 2_000

/** Longer than any topic keeps its events: a replay of all of them must still find what was handled. */
const inbox = statement(
  'inbox.prune',
  `WITH gone AS (
     DELETE FROM inbox WHERE (consumer, event_id) IN (
       SELECT consumer, event_id FROM inbox WHERE handled_at < now() - interval '8 days' LIMIT $1)
     RETURNING 1)
   SELECT count(*) AS count FROM gone`,
)
const idempotencyKeys = statement(
  'idempotency.prune',
  `WITH gone AS (
     DELETE FROM idempotency_keys WHERE (scope, key_hash) IN (
       SELECT scope, key_hash FROM idempotency_keys WHERE created_at < now() - interval '24 hours' LIMIT $1)
     RETURNING 1)
   SELECT count(*) AS count FROM gone`,
)

/** Deletes what has served its time from the kit's tables, in small batches. @throws AppError `unavailable` */
export const prune = async (db: Database): Promise<void> => {
  for (const what of [inbox, idempotencyKeys]) {
    for (;;) {
      const [row] = await db.statement<{ count: number }>(what, [BATCH])
      if ((row?.count ?? 0) < BATCH) break
    }
  }
}
