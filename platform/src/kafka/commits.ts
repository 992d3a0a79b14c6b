import type { Consumer } from 'kafkajs'
import { log } from '../telemetry/log.ts'

const INTERVAL_MS = 500

/** Remembers how far each partition was handled and commits all of them together, twice a second. */
export type Commits = {
  note(topic: string, partition: number, offset: string): void
  /** After a rebalance: what is still to commit may belong to somebody else now. */
  forget(): void
  close(): Promise<void>
}

/**
 * Committing each event by itself would cost more than handling it. What was handled and not committed when a member
 * dies is delivered again, and the inbox knows it.
 */
export const createCommits = (consumer: Consumer): Commits => {
  let noted = new Map<string, { topic: string; partition: number; offset: string }>()

  const commit = async (): Promise<void> => {
    if (noted.size === 0) return
    const committing = noted
    noted = new Map()
    try {
      await consumer.commitOffsets([...committing.values()])
    } catch (error) {
      log.debug('offsets were not committed', { 'error.message': String(error) })
      noted = new Map([...committing, ...noted])
    }
  }

  let committing: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    committing = committing.then(commit)
  }, INTERVAL_MS)

  return {
    note: (topic, partition, offset) => {
      noted.set(`${topic}/${partition}`, { topic, partition, offset: (BigInt(offset) + 1n).toString() })
    },
    forget: () => noted.clear(),
    close: async () => {
      clearInterval(timer)
      await committing
      await commit()
    },
  }
}
