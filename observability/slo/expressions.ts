import { secondsOf } from './slo.ts'

/**
 * Events per second over a window, by series. A series that was not there at its beginning counts with its whole value:
 * `rate` needs a value before, so it would never see the first failure of a kind, and failures are mostly the first. That
 * holds only for a target that was looked at then; else its value is as old as the process.
 */
const firstSeenToo = (selector: string, window: string): string =>
  `  (${selector} unless ${selector} offset ${window}) / ${secondsOf(window)}
    and on (instance) (up offset ${window} == 1)
  or
  rate(${selector}[${window}])`

/** Events per second of all series of the selectors together, the first of each series included. */
export const eventRate = (selectors: readonly string[], window: string, by?: string): string => {
  const rates = selectors.map((selector) => firstSeenToo(selector, window))
  return `sum${by === undefined ? '' : ` by (${by}) `}(\n${rates.join('\n  or\n')}\n)`
}

/** The plain rate of the selectors, by series, for what must be quick and not exact. */
export const quickRate = (selectors: readonly string[], window: string): string =>
  selectors.map((selector) => `rate(${selector}[${window}])`).join(' or ')

/** The matcher of a bucket. Prometheus 3 writes whole bounds as `1.0`, Prometheus 2 as the service does. */
export const bucketAt = (seconds: number): string =>
  Number.isInteger(seconds) ? `le=~"${seconds}|${seconds}\\\\.0"` : `le="${seconds}"`
