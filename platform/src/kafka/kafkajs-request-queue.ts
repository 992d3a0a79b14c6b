import { createRequire } from 'node:module'

/**
 * kafkajs 2.2.4 schedules a look at its request queue after every response. Nothing pending and not throttled, the
 * delay is "until the throttling ends", which lies in the past: about -1.7e12 ms. Node clamps that to 1 ms, and the
 * look schedules the next one, so each connection wakes up a thousand times a second for ever (about 1 % of a core per
 * idle connection). There is nothing to look at in that state: a request is sent when it comes, and a pending one
 * when a response makes room. See https://github.com/tulios/kafkajs/issues/1704; the project takes no patches any more.
 */
type RequestQueue = {
  prototype: {
    pending: readonly unknown[]
    throttledUntil: number
    scheduleCheckPendingRequests(this: RequestQueue['prototype']): void
  }
}

const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as RequestQueue
const schedule = prototype.scheduleCheckPendingRequests

prototype.scheduleCheckPendingRequests = function scheduleOnlyWhenNeeded() {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this)
}
