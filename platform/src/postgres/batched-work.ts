import { backoff } from '../runtime/backoff.ts'
import { isAppError } from '../errors.ts'
import { captureError } from '../telemetry/capture.ts'
import { activeCorrelationId, activeTraceparent, runWork } from '../telemetry/context.ts'
import { log } from '../telemetry/log.ts'
import { gauge } from '../telemetry/metrics.ts'
import { SpanShape } from '../telemetry/span-shape.ts'
import type { Database, Tx } from './connect.ts'
import { createPause } from './pause.ts'
import { statement } from './statement.ts'

/**
 * Does one batch from `position` on (0 is the first), in `tx`, and returns where the next begins, or undefined when all
 * is done. It must bound what it reads and writes.
 */
export type Batch<Input> = (tx: Tx, input: Input, position: number) => Promise<number | undefined>

/** Work in batches, each in a transaction of its own that also moves the position: a crash repeats none and leaves out none. */
export type BatchedWork<Kinds> = AsyncDisposable & {
  /** Does the first batch in `tx`; if that is not all, the rest is stored with it and done in the background. */
  begin<K extends keyof Kinds & string>(tx: Tx, kind: K, input: InputOf<Kinds[K]>): Promise<void>
}

type InputOf<B> = B extends Batch<infer Input> ? Input : never

type Row = {
  readonly id: number
  readonly kind: string
  readonly input: unknown
  readonly position: number
  readonly failures: number
  readonly traceparent: string | null
  readonly correlation_id: string | null
}

const POLL_MS = 1_000
/** Between two batches, so that what others have to say comes in between. */
const PAUSE_MS = 20
const MAX_BACKOFF_MS = 60_000

const store = statement(
  'batched-work.store',
  `INSERT INTO batched_work (kind, input, position, traceparent, correlation_id) VALUES ($1, $2, $3, $4, $5)`,
)
/** Whoever has waited longest; each instance takes another one. */
const take = statement(
  'batched-work.take',
  `SELECT id, kind, input, position, failures, traceparent, correlation_id FROM batched_work
   WHERE due_at <= now() AND kind = ANY($1) ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
)
const move = statement(
  'batched-work.move',
  'UPDATE batched_work SET position = $2, due_at = clock_timestamp(), failures = 0 WHERE id = $1',
)
const finish = statement('batched-work.finish', 'DELETE FROM batched_work WHERE id = $1')
const putOff = statement(
  'batched-work.put-off',
  `UPDATE batched_work SET failures = failures + 1, due_at = now() + $2 * interval '1 millisecond' WHERE id = $1`,
)
const measure = statement('batched-work.measure', 'SELECT count(*) AS pending FROM batched_work')

const shapeOf = (kind: string): SpanShape => new SpanShape(`batch ${kind}`, 'internal')

/** Runs the batches of `kinds`. Every instance of a service does; the database keeps them apart. */
export const startBatchedWork = <Kinds extends Readonly<Record<string, Batch<never>>>>(options: {
  readonly db: Database
  readonly kinds: Kinds
}): BatchedWork<Kinds> => {
  const { db } = options
  const kinds = new Map(
    Object.entries(options.kinds).map(([kind, run]) => [
      kind,
      { run: run as unknown as Batch<unknown>, shape: shapeOf(kind) },
    ]),
  )
  const pause = createPause()
  let stopping = false
  let away = false
  let pending = 0
  gauge({
    name: 'batched_work_pending',
    help: 'Work that has batches left',
    collect: (set) => set({}, pending),
  })

  const runBatch = async (tx: Tx, row: Row): Promise<void> => {
    const kind = kinds.get(row.kind)
    if (!kind) throw new Error(`there is no batched work of kind ${row.kind}`)
    const origin = { traceparent: row.traceparent ?? undefined, correlationId: row.correlation_id ?? undefined }
    await runWork({ shape: kind.shape, origin, attributes: {} }, async () => {
      const next = await kind.run(tx, row.input, row.position)
      await (next === undefined ? tx.statement(finish, [row.id]) : tx.statement(move, [row.id, next]))
    })
  }

  const fail = async (row: Row, error: unknown): Promise<void> => {
    await db.statement(putOff, [row.id, backoff(row.failures + 1, MAX_BACKOFF_MS)])
    if (isAppError(error) && error.kind === 'unavailable') return
    captureError(error, { work: row.kind })
    log.error(
      'a batch failed, it is tried again',
      { 'event.action': 'batched-work.failed', 'app.job': row.kind },
      error,
    )
  }

  /** One batch of one piece of work; false when nothing is due. */
  const turn = async (): Promise<boolean> => {
    let row: Row | undefined
    try {
      return await db.transaction(async (tx) => {
        ;[row] = await tx.statement<Row>(take, [[...kinds.keys()]])
        if (row) await runBatch(tx, row)
        return row !== undefined
      })
    } catch (error) {
      if (!row) throw error
      await fail(row, error)
      return true
    }
  }

  const work = async (): Promise<void> => {
    while (!stopping) {
      try {
        const worked = await turn()
        pending = worked ? Number((await db.statement<{ pending: number }>(measure, []))[0]?.pending) : 0
        away = false
        await pause.sleep(worked ? PAUSE_MS : POLL_MS)
      } catch (error) {
        if (!away) log.warn('batched work must wait', { 'event.action': 'batched-work.away' }, error)
        away = true
        await pause.sleep(POLL_MS)
      }
    }
  }
  const done = work()

  return {
    begin: async (tx, kind, input) => {
      const known = kinds.get(kind)
      if (!known) throw new Error(`there is no batched work of kind ${kind}`)
      const next = await known.run(tx, input, 0)
      if (next === undefined) return
      await tx.statement(store, [
        kind,
        JSON.stringify(input),
        next,
        activeTraceparent() ?? null,
        activeCorrelationId() ?? null,
      ])
      tx.afterCommit(pause.wake)
    },
    [Symbol.asyncDispose]: async () => {
      stopping = true
      pause.wake()
      await done
    },
  }
}
