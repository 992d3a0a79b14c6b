import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { gauge } from './metrics.ts'

/** Each sample wakes the process, so finer than this costs an idle service more than it tells. */
const RESOLUTION_MS = 20
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

/** Gauges of lag percentiles and utilisation since the last scrape, each scrape starting afresh. */
export const eventLoopMetrics = (): void => {
  delay.enable()
  let last = performance.eventLoopUtilization()
  gauge({
    name: 'nodejs_eventloop_utilization',
    help: 'Share of time the event loop was busy since the last scrape, 0 to 1',
    collect: (set) => {
      const current = performance.eventLoopUtilization()
      set({}, performance.eventLoopUtilization(current, last).utilization)
      last = current
    },
  })
  gauge({
    name: 'app_eventloop_lag_seconds',
    help: 'Event-loop delay since the last scrape by quantile',
    labels: ['quantile'],
    collect: (set) => {
      for (const [quantile, value] of [
        ['0.5', delay.percentile(50)],
        ['0.99', delay.percentile(99)],
        ['1', delay.max],
      ] as const) {
        set({ quantile }, delay.count === 0 ? 0 : Math.max(0, value / 1e9 - RESOLUTION_MS / 1e3))
      }
      delay.reset()
    },
  })
}
