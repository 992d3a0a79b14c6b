import type { WindowPair } from './slo.ts'

/** How far and how often the rules look. Names and labels are those of slo.yaml at any pace, so that whoever asks for them finds them. */
export type Pace = {
  /** How long what is called by this window is in truth. */
  lengthOf: (window: string) => string
  /** The same of `after`. */
  afterOf: (window: string) => string
  /** Seconds between two evaluations of the short windows: a sum of rates times this is a count. */
  often: number
  /** Between two evaluations of what a minute more or less does not matter to. */
  seldom: string
  /** Whether the alerts of a pair of windows are there. */
  tells: (pair: WindowPair) => boolean
}

/** As slo.yaml says. */
export const REAL: Pace = {
  lengthOf: (window) => window,
  afterOf: (window) => window,
  often: 15,
  seldom: '1m',
  tells: () => true,
}

const FAST_LENGTHS: Readonly<Record<string, string>> = {
  '30s': '20s',
  '2m': '20s',
  '5m': '20s',
  '30m': '40s',
  '1h': '2m',
}
const FAST_AFTER: Readonly<Record<string, string>> = { '5m': '20s', '1h': '1m' }
const LONGEST = '6m'

/**
 * For a system that is watched for minutes: nothing looks back further than six of them. Only the first pair of windows tells:
 * the second, of six minutes, would go on about a fault when three others have come and gone, and tickets take days.
 */
export const FAST: Pace = {
  lengthOf: (window) => FAST_LENGTHS[window] ?? LONGEST,
  afterOf: (window) => FAST_AFTER[window] ?? LONGEST,
  often: 5,
  seldom: '5s',
  tells: ({ short }) => short === '5m',
}
