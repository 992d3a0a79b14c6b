import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { isAppError } from '../errors.ts'
import type { Faults } from '../faults/faults.ts'
import { backoff } from '../runtime/backoff.ts'
import type { EventProducer } from '../kafka/producer.ts'
import { captureError } from '../telemetry/capture.ts'
import { log } from '../telemetry/log.ts'
import { counter } from '../telemetry/metrics.ts'
import type { Database } from './connect.ts'
import { translatePostgresError } from './errors.ts'
import { measureOutbox, readBatch } from './outbox-batch.ts'
import { observeOutbox } from './outbox-metrics.ts'
import type { OutboxState } from './outbox-metrics.ts'
import { OUTBOX_CHANNEL, registerRelay } from './outbox.ts'
import { createPause } from './pause.ts'
import { prune } from './prune.ts'
import { statement } from './statement.ts'
import { send } from './transaction.ts'

export type RelayOptions = {
  readonly db: Database
  readonly producer: EventProducer
  /** How often it looks without being told, and how often it tries to become the active one; 1,000 by default. */
  readonly pollMs?: number
  /** For tests: called between the publishing of a batch and its deletion. A throw is a crash at this point. */
  readonly afterPublish?: () => Promise<void>
  readonly faults?: Faults | undefined
}

const POLL_MS = 1_000
/**
 * Under load a round takes what came in this time: a batch costs about as much as three single events, here, in Kafka and
 * in each consumer's fetch. It is the most that an event waits because another has just gone out.
 */
const ROUND_MS = 50
const BATCH_ROWS = 250
const MAX_BACKOFF_MS = 5_000
const MEASURE_MS = 5_000
const PRUNE_MS = 3_600_000
/** Kafka may hang on the batch in hand; giving up on it costs no more than a duplicate. */
const STOP_MS = 8_000

const lock = statement('outbox.lock', "SELECT pg_try_advisory_lock(hashtext('pharos.outbox-relay')) AS locked")

const published = counter({ name: 'outbox_published_total', help: 'Events published by the relay' })
const publishErrors = counter({ name: 'outbox_publish_errors_total', help: 'Batches that could not be published' })

const report = (fault: unknown): void => {
  if (isAppError(fault)) return log.warn('the relay has lost its connection', { 'event.action': 'outbox.lost' }, fault)
  log.error('the relay has failed and starts again', { 'event.action': 'outbox.failed' }, fault)
  captureError(fault, { component: 'outbox-relay' })
}

/** True once per `ms`, beginning with the first call. */
const every = (ms: number): (() => boolean) => {
  let last = -Infinity
  return () => {
    if (performance.now() - last < ms) return false
    last = performance.now()
    return true
  }
}

/**
 * Publishes what `appendEvents` stores. Every replica starts one; the one that holds an advisory lock works, on the
 * very connection that holds it, so that losing the lock and losing the power to act are the same thing. An event is
 * deleted after Kafka has it: a crash in between publishes it again, under the same id, and consumers know it by that.
 * Disposal ends the batch in hand and lets the lock go.
 */
export const startOutboxRelay = (options: RelayOptions): AsyncDisposable & { readonly active: boolean } => {
  const { db, producer, afterPublish, faults, pollMs = POLL_MS } = options
  const pause = createPause()
  const state: OutboxState = { pending: 0, oldest: undefined }
  const forget = observeOutbox(state)
  const isTimeToMeasure = every(MEASURE_MS)
  const isTimeToPrune = every(PRUNE_MS)
  let active = false
  let stopping = false
  let connected = false
  let failures = 0

  const sleepUnlessStopping = async (ms: number): Promise<void> => {
    const until = performance.now() + ms
    while (!stopping && performance.now() < until) await pause.sleep(until - performance.now())
  }

  /** One batch. While Kafka is away it is a single event, which is enough to find out. */
  const publishBatch = async (client: Client): Promise<'empty' | 'all' | 'more' | 'failed'> => {
    const batch = await readBatch(client, failures > 0 ? 1 : BATCH_ROWS)
    if (!batch) return 'empty'
    try {
      await producer.publish(batch.messages)
    } catch (error) {
      publishErrors.inc()
      if (failures === 0) {
        log.warn('events cannot be published, they wait', { 'event.action': 'outbox.publish-failed' }, error)
      }
      failures += 1
      return 'failed'
    }
    if (failures > 0) log.info('events are published again', { 'event.action': 'outbox.recovered' })
    failures = 0
    await afterPublish?.()
    await batch.remove()
    published.inc({}, batch.messages.length)
    return batch.isAll ? 'all' : 'more'
  }

  const look = async (client: Client, outcome: string): Promise<void> => {
    if (outcome === 'empty') Object.assign(state, { pending: 0, oldest: undefined } satisfies OutboxState)
    else if (isTimeToMeasure()) Object.assign(state, await measureOutbox(client))
    if (!isTimeToPrune()) return
    prune(db).catch((error: unknown) => log.warn('pruning failed', { 'event.action': 'outbox.prune-failed' }, error))
  }

  const lead = async (client: Client): Promise<void> => {
    await client.query(`LISTEN ${OUTBOX_CHANNEL}`)
    // What a crash of Postgres takes back of a deletion is published again and recognised: no need to wait for the disk.
    await client.query('SET synchronous_commit = off')
    client.on('notification', pause.wake)
    while (!stopping) {
      const startedAt = performance.now()
      const isStopped = faults !== undefined && (await faults.isOn('relay-stop'))
      const outcome = isStopped ? 'stopped' : await publishBatch(client)
      await look(client, outcome)
      if (outcome === 'failed') await sleepUnlessStopping(backoff(failures, MAX_BACKOFF_MS))
      else if (outcome === 'stopped') await sleepUnlessStopping(pollMs)
      else if (outcome === 'empty') await pause.sleep(pollMs)
      else if (outcome === 'all') await sleep(Math.max(0, ROUND_MS - (performance.now() - startedAt)))
    }
  }

  const session = async (): Promise<void> => {
    const client = await db.dedicated('relay')
    connected = true
    try {
      while (!stopping) {
        const [row] = await send<{ locked: boolean }>(client, lock, [])
        if (row?.locked) {
          active = true
          log.info('the relay of this process is the active one', { 'event.action': 'outbox.elected' })
          await lead(client)
        } else await pause.sleep(pollMs * (0.5 + Math.random()))
      }
    } finally {
      active = false
      Object.assign(state, { pending: 0, oldest: undefined } satisfies OutboxState)
      await client.end().catch(() => {})
    }
  }

  const work = async (): Promise<void> => {
    let attempts = 0
    while (!stopping) {
      connected = false
      try {
        await session()
      } catch (error) {
        if (connected) attempts = 0
        if (attempts === 0) report(translatePostgresError(error))
        attempts += 1
        await sleepUnlessStopping(backoff(attempts, MAX_BACKOFF_MS))
      }
    }
  }

  const unregister = registerRelay(db, () => {
    if (active) pause.wake()
    return active
  })
  const done = work()
  return {
    get active() {
      return active
    },
    [Symbol.asyncDispose]: async () => {
      stopping = true
      pause.wake()
      await Promise.race([done, sleep(STOP_MS, undefined, { ref: false })])
      unregister()
      forget()
    },
  }
}
