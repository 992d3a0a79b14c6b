import type { Admin, Kafka } from 'kafkajs'
import { log } from '../telemetry/log.ts'
import { gauge } from '../telemetry/metrics.ts'

const INTERVAL_MS = 10_000

const lag = gauge({
  name: 'messaging_consumer_lag',
  help: 'Events of a partition that its group has not handled yet, as the member that owns the partition sees it',
  labels: ['topic', 'partition', 'group'],
})

/** Which partitions this member owns, by topic with the prefix. */
export type Assignment = Readonly<Record<string, readonly number[]>>

/** Beyond the end of what is kept, or never committed: nothing is known of this group yet. */
const NOT_COMMITTED = -1

/**
 * Asks every ten seconds how far the group is behind in the partitions of this member. The offsets come from the
 * brokers and not from what was fetched, so that a partition that is stuck or paused shows its lag too.
 */
export const watchLag = (options: {
  kafka: Kafka
  group: string
  /** What the group is called in metrics. */
  consumer: string
  topicPrefix: string
  assignment: () => Assignment
}): AsyncDisposable => {
  const { kafka, group, consumer, topicPrefix, assignment } = options
  let admin: Admin | undefined
  let shown = new Map<string, { topic: string; partition: number; group: string }>()

  const show = (
    values: Map<string, { labels: { topic: string; partition: number; group: string }; behind: number }>,
  ) => {
    for (const [key, labels] of shown) if (!values.has(key)) lag.set(labels, 0)
    for (const { labels, behind } of values.values()) lag.set(labels, behind)
    shown = new Map([...values].map(([key, { labels }]) => [key, labels]))
  }

  const look = async (): Promise<void> => {
    const owned = Object.entries(assignment())
    if (owned.length === 0) return show(new Map())
    if (!admin) {
      const fresh = kafka.admin()
      await fresh.connect()
      admin = fresh
    }
    const committed = await admin.fetchOffsets({ groupId: group, topics: owned.map(([topic]) => topic) })
    const values: Parameters<typeof show>[0] = new Map()
    for (const [topic, partitions] of owned) {
      const ends = new Map((await admin.fetchTopicOffsets(topic)).map((end) => [end.partition, end]))
      const positions = committed.find((entry) => entry.topic === topic)?.partitions ?? []
      for (const { partition, offset } of positions) {
        const end = ends.get(partition)
        if (!end || !partitions.includes(partition)) continue
        const from = Number(offset) === NOT_COMMITTED ? Number(end.low) : Number(offset)
        const labels = { topic: topic.slice(topicPrefix.length), partition, group: consumer }
        values.set(`${topic}/${partition}`, { labels, behind: Math.max(0, Number(end.high) - from) })
      }
    }
    show(values)
  }

  let looking: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    looking = look().catch(async (error: unknown) => {
      log.debug('the lag is not known', { 'error.message': String(error) })
      const broken = admin
      admin = undefined
      await broken?.disconnect().catch(() => {})
    })
  }, INTERVAL_MS)
  timer.unref()

  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      await looking
      show(new Map())
      await admin?.disconnect().catch(() => {})
    },
  }
}
