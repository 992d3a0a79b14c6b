import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import { log } from '../telemetry/log.ts'
import { backoff } from '../runtime/backoff.ts'
import { createCommits } from './commits.ts'
import type { Assignment } from './lag.ts'

/** A member of a consumer group that is kept alive. */
export type Membership = AsyncDisposable & { readonly joined: boolean; readonly assignment: Assignment }

export type MembershipOptions = {
  readonly kafka: Kafka
  readonly groupId: string
  /** As the broker knows them. */
  readonly topics: readonly string[]
  readonly concurrency: number
  /** Handles a portion of one partition and calls `handled` after each message. Returns early while `isStopping`. */
  readonly handleBatch: (
    payload: EachBatchPayload,
    handled: (offset: string) => void,
    isStopping: () => boolean,
  ) => Promise<void>
}

/** A member that was killed holds its partitions for so long; brokers take no less by default. */
const SESSION_TIMEOUT_MS = 6_000
const HEARTBEAT_MS = 2_000
/** Also the longest that a partition that waits with all others for a retry may wait beyond its time. */
const MAX_WAIT_MS = 500
/** kafkajs fetches again when all partitions of a fetch are done: small portions keep a slow one from delaying others. */
const PORTION_BYTES = 128 * 1024
const MAX_RESTART_MS = 3_000
/** Kafka may hang; what is not committed then is delivered again and recognised. */
const STOP_MS = 8_000

const nobody: Assignment = {}

/**
 * Joins the group and handles what it is given, for ever: after any end of the membership, be it a crash that kafkajs
 * would survive or one that it would not, a new member is made. Disposal finishes what is in hand, commits and leaves.
 */
export const keepMember = (options: MembershipOptions): Membership => {
  const { kafka, groupId, topics, concurrency, handleBatch } = options
  const stop = Promise.withResolvers<void>()
  let stopping = false
  let assignment: Assignment | undefined

  const say = { 'messaging.consumer.group.name': groupId }

  const consumeUntilCrash = async (consumer: Consumer): Promise<unknown> => {
    const crash = Promise.withResolvers<unknown>()
    const commits = createCommits(consumer)
    const batches = new Set<Promise<void>>()
    const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
      const { topic, partition } = payload.batch
      const batch = handleBatch(
        payload,
        (offset) => commits.note(topic, partition, offset),
        () => stopping,
      )
      batches.add(batch)
      await batch.finally(() => batches.delete(batch))
    }
    consumer.on(consumer.events.CRASH, ({ payload }) => crash.resolve(payload.error))
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      commits.forget()
      assignment = payload.memberAssignment
    })
    try {
      await consumer.connect()
      await consumer.subscribe({ topics: [...topics], fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: concurrency,
        eachBatch,
      })
      return await Promise.race([crash.promise, stop.promise])
    } finally {
      // Only a member may commit, so that comes before leaving, and after what is in hand.
      await Promise.allSettled(batches)
      await commits.close()
      await consumer.disconnect().catch(() => {})
    }
  }

  const beMember = async (isFirst: boolean): Promise<boolean> => {
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: SESSION_TIMEOUT_MS,
      rebalanceTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: MAX_WAIT_MS,
      maxBytesPerPartition: PORTION_BYTES,
      allowAutoTopicCreation: false,
      // kafkajs starts again after some errors and gives up after others; here that is one loop for all of them.
      retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 2_000, restartOnFailure: async () => false },
    })
    let wasJoined = false
    consumer.on(consumer.events.GROUP_JOIN, () => {
      if (!wasJoined && !isFirst) log.info('consuming again', { 'event.action': 'messaging.joined', ...say })
      wasJoined = true
    })
    const fault = await consumeUntilCrash(consumer).catch((error: unknown) => error)
    assignment = undefined
    if (!stopping && (wasJoined || isFirst)) {
      log.warn('consuming was interrupted', { 'event.action': 'messaging.interrupted', ...say }, fault)
    }
    return wasJoined
  }

  const keep = async (): Promise<void> => {
    let failures = 0
    for (let isFirst = true; !stopping; isFirst = false) {
      failures = (await beMember(isFirst)) ? 0 : failures + 1
      if (!stopping)
        await Promise.race([sleep(backoff(failures, MAX_RESTART_MS), undefined, { ref: false }), stop.promise])
    }
  }

  const kept = keep()
  return {
    get joined() {
      return assignment !== undefined
    },
    get assignment() {
      return assignment ?? nobody
    },
    [Symbol.asyncDispose]: async () => {
      stopping = true
      stop.resolve()
      await Promise.race([kept, sleep(STOP_MS, undefined, { ref: false })])
    },
  }
}
