import { setTimeout as sleep } from 'node:timers/promises'
import { unavailable } from '../errors.ts'
import { newUuid } from '../telemetry/ids.ts'
import { log } from '../telemetry/log.ts'
import type { Database } from './connect.ts'
import { createKeyCipher, sha256 } from './idempotency-cipher.ts'
import type { KeyCipher } from './idempotency-cipher.ts'
import { runInSlot } from './slot.ts'
import type { SlotStep, TransactionSlot } from './slot.ts'
import { statement } from './statement.ts'
import type { Tx } from './transaction.ts'

/** An answer as it is sent: the body is the text of the envelope. */
export type StoredAnswer = { readonly status: number; readonly body: string }

export type IdempotentRequest = {
  /** Whose key it is and for what: `<user id or address>:<operation id>`. The same key in another scope is another key. */
  readonly scope: string
  /** The value of the `Idempotency-Key` header. */
  readonly key: string
  /** The bytes of the body, or its canonical text. */
  readonly body: string | Buffer
}

/**
 * `fresh`: `work` has run now. `replayed`: it ran before, this is its answer. `mismatch`: the key came with another
 * body before. `busy`: the first request with this key is still running after two seconds of waiting.
 */
export type IdempotentOutcome =
  | { readonly kind: 'fresh' | 'replayed'; readonly answer: StoredAnswer }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'busy' }

export interface IdempotencyStore {
  /** Runs `work` unless it has run under this key. @throws what `work` throws; AppError `unavailable` */
  run(request: IdempotentRequest, work: () => Promise<StoredAnswer>): Promise<IdempotentOutcome>
}

type Row = {
  readonly body_hash: Buffer
  readonly steps: Buffer[]
  readonly status: number | null
  readonly answer: Buffer | null
}
type Step = { readonly number: number; readonly result: unknown }

const WAIT_MS = 2_000
const WAIT_INTERVAL_MS = 50
/** Longer than any request may take; after it, an attempt that neither ended nor gave up counts as dead. */
const LEASE = "interval '30 seconds'"
const LIFETIME = "interval '24 hours'"

/** Takes the key: a new one, one that is older than a day, or one whose attempt failed or died. */
const claim = statement(
  'idempotency.claim',
  `INSERT INTO idempotency_keys AS held (scope, key_hash, body_hash, attempt, locked_until)
   VALUES ($1, $2, $3, $4, now() + ${LEASE})
   ON CONFLICT (scope, key_hash) DO UPDATE SET
     body_hash = excluded.body_hash,
     attempt = excluded.attempt,
     locked_until = excluded.locked_until,
     steps = CASE WHEN held.created_at < now() - ${LIFETIME} THEN '{}' ELSE held.steps END,
     status = NULL,
     answer = NULL,
     created_at = CASE WHEN held.created_at < now() - ${LIFETIME} THEN now() ELSE held.created_at END
   WHERE held.created_at < now() - ${LIFETIME}
      OR (held.status IS NULL AND held.locked_until < now() AND held.body_hash = excluded.body_hash)
   RETURNING body_hash, steps, status, answer`,
)
const find = statement(
  'idempotency.find',
  'SELECT body_hash, steps, status, answer FROM idempotency_keys WHERE scope = $1 AND key_hash = $2',
)
const recordStep = statement(
  'idempotency.step',
  `UPDATE idempotency_keys SET steps = array_append(steps, $4::bytea)
   WHERE scope = $1 AND key_hash = $2 AND attempt = $3 RETURNING 1`,
)
const complete = statement(
  'idempotency.complete',
  `UPDATE idempotency_keys SET status = $4, answer = $5, steps = '{}'
   WHERE scope = $1 AND key_hash = $2 AND attempt = $3`,
)
const giveUp = statement(
  'idempotency.give-up',
  `UPDATE idempotency_keys SET locked_until = '-infinity'
   WHERE scope = $1 AND key_hash = $2 AND attempt = $3 AND status IS NULL`,
)

/**
 * The transactions of one attempt, by number. Each commits its result together with what it writes, so a later attempt
 * gets the result back and does not write again. The attempt's id guards the row: one that was taken for dead, and
 * is not, cannot commit any more.
 */
const createSlot = (
  db: Database,
  cipher: KeyCipher,
  identity: readonly unknown[],
  steps: readonly Buffer[],
): TransactionSlot => {
  const done = new Map(steps.map((sealed) => cipher.open(sealed) as Step).map((step) => [step.number, step]))
  let next = 0
  return {
    database: db,
    nextStep: (): SlotStep => {
      const number = next++
      return {
        done: done.get(number),
        record: async (tx: Tx, result: unknown) => {
          const sealed = cipher.seal({ number, result } satisfies Step)
          const held = await tx.statement(recordStep, [...identity, sealed])
          if (held.length === 0) throw unavailable('idempotency.overtaken')
        },
      }
    },
  }
}

const isStorable = ({ status }: StoredAnswer): boolean => status < 500 && status !== 429

/**
 * Idempotency keys in the service's own database. The rule: **each transaction of the request commits its result with
 * its writes.** A request that dies between its commit and its answer, or between two transactions, is simply run
 * again by the client's retry: transactions that have committed are not run but give the result that they gave, what
 * follows them goes on from there, and the answer is the first one. So nothing is written twice and no key is stuck:
 * a failed attempt (a throw, or an answer of 500 and above) frees the key at once, a dead one after 30 seconds.
 *
 * What this asks of a use case: it runs its transactions in the same order each time; what the answer needs and is made
 * by chance (ids, tokens) comes out of a transaction as its result, which is plain data; a call to another service
 * between two transactions is idempotent itself. Writes outside of `db.transaction` are not covered.
 */
export const createIdempotencyStore = (db: Database): IdempotencyStore => {
  const attemptWork = async (
    identity: readonly unknown[],
    cipher: KeyCipher,
    row: Row,
    work: () => Promise<StoredAnswer>,
  ): Promise<StoredAnswer> => {
    const free = () => db.statement(giveUp, identity).catch(() => {})
    let answer: StoredAnswer
    try {
      answer = await runInSlot(createSlot(db, cipher, identity, row.steps), work)
    } catch (error) {
      await free()
      throw error
    }
    if (!isStorable(answer)) {
      await free()
      return answer
    }
    try {
      await db.statement(complete, [...identity, answer.status, cipher.seal(answer.body)])
    } catch (error) {
      log.warn('an answer was not kept; a retry works it out again', { 'event.action': 'idempotency.not-kept' }, error)
    }
    return answer
  }

  const run: IdempotencyStore['run'] = async ({ scope, key, body }, work) => {
    const keyHash = sha256(key)
    const cipher = createKeyCipher(scope, key)
    const bodyHash = cipher.digest(body)
    const deadline = performance.now() + WAIT_MS
    for (;;) {
      const attempt = newUuid()
      const [claimed] = await db.statement<Row>(claim, [scope, keyHash, bodyHash, attempt])
      if (claimed) {
        return { kind: 'fresh', answer: await attemptWork([scope, keyHash, attempt], cipher, claimed, work) }
      }
      const [held] = await db.statement<Row>(find, [scope, keyHash])
      if (held && !held.body_hash.equals(bodyHash)) return { kind: 'mismatch' }
      if (held?.answer && held.status !== null) {
        const stored = cipher.open(held.answer) as string
        return { kind: 'replayed', answer: { status: held.status, body: stored } }
      }
      if (performance.now() > deadline) return { kind: 'busy' }
      await sleep(WAIT_INTERVAL_MS)
    }
  }
  return { run }
}
