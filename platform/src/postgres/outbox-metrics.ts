import { gauge } from '../telemetry/metrics.ts'

/** What the active relay last saw; a relay that only stands by says nothing is waiting. */
export type OutboxState = { pending: number; oldest: Date | undefined }

const outboxes = new Set<OutboxState>()

gauge({
  name: 'outbox_pending',
  help: 'Events that wait to be published, counted by the active relay up to 100,000',
  collect: (set) =>
    set(
      {},
      [...outboxes].reduce((sum, { pending }) => sum + pending, 0),
    ),
})

gauge({
  name: 'outbox_oldest_age_seconds',
  help: 'Age of the oldest event that waits to be published',
  collect: (set) => {
    const ages = [...outboxes].map(({ oldest }) => (oldest === undefined ? 0 : (Date.now() - oldest.getTime()) / 1_000))
    set({}, Math.max(0, ...ages))
  },
})

/** Shows an outbox in the gauges until the function that it returns is called. */
export const observeOutbox = (state: OutboxState): (() => void) => {
  outboxes.add(state)
  return () => void outboxes.delete(state)
}
