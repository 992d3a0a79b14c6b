import type { Housekeeping } from '../postgres/housekeeping.ts'
import { every } from '@pharos/platform/runtime/every'

const PRUNE_EVERY_MS = 10 * 60_000
const SWEEP_MAX_MS = 2_000

type Jobs = {
  readonly finishRegistrations: () => Promise<unknown>
  readonly sweepAfterMs: number
  readonly refreshKeys: () => Promise<unknown>
  readonly keyRefreshMs: number
  readonly housekeeping: Pick<Housekeeping, 'prune'>
}

/** What auth does without being asked. Every instance does it; the database keeps them apart. */
export const startJobs = (jobs: Jobs): AsyncDisposable => {
  const stack = new AsyncDisposableStack()
  const sweepEveryMs = Math.min(jobs.sweepAfterMs / 2, SWEEP_MAX_MS)
  stack.use(every({ name: 'finishing registrations', everyMs: sweepEveryMs, run: jobs.finishRegistrations }))
  stack.use(every({ name: 'refreshing signing keys', everyMs: jobs.keyRefreshMs, run: jobs.refreshKeys }))
  stack.use(every({ name: 'pruning sessions', everyMs: PRUNE_EVERY_MS, run: jobs.housekeeping.prune }))
  return stack
}
