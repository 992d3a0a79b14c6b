/** A figure over several rounds. */
export type Spread = { median: number; min: number; max: number }

/** The value below which `share` (0 to 1) of the samples lie, by nearest rank; NaN without samples. */
export const percentile = (sorted: Float64Array, share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN

const medianOf = (sorted: readonly number[]): number => {
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN
  return (lower + upper) / 2
}

/** Median, least and greatest; all NaN without values. */
export const spread = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: medianOf(sorted), min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN }
}

/** Where the median of a figure lies, of which there is one value in each round. */
export type Interval = { median: number; low: number; high: number }

const CONFIDENCE = 0.95
/** Fewer give no interval at all. */
export const ROUNDS_FOR_AN_INTERVAL = 6

/**
 * How many of the least and of the greatest values may be left out so that the rest still encloses the median with that
 * confidence: each value is as likely above it as below it, whatever the noise looks like.
 */
const leftOut = (count: number): number => {
  let ways = 1
  let tail = 0
  for (let below = 0; ; below += 1) {
    tail += ways / 2 ** count
    if (tail > (1 - CONFIDENCE) / 2) return below - 1
    ways *= (count - below) / (below + 1)
  }
}

/** The interval that holds the true median with at least 95 % confidence, by order alone; undefined with fewer than six values. */
export const medianInterval = (values: readonly number[]): Interval | undefined => {
  if (values.length < ROUNDS_FOR_AN_INTERVAL) return undefined
  const sorted = values.toSorted((a, b) => a - b)
  const out = leftOut(sorted.length)
  return {
    median: medianOf(sorted),
    low: sorted[out] ?? Number.NaN,
    high: sorted[sorted.length - 1 - out] ?? Number.NaN,
  }
}

/**
 * Round by round, how many times the one is the other, so that what changes on the machine between rounds cancels out. A
 * cost that noise has made nothing, or less, has grown without limit when there is one now, and not at all otherwise.
 */
export const ratios = (now: readonly number[], before: readonly number[]): number[] =>
  now.map((value, round) => {
    const base = before[round] ?? Number.NaN
    if (base > 0) return value / base
    return value > 0 ? Infinity : 1
  })

/** The order of one round: turned by one place each time, so that nobody always follows the same neighbour first. */
export const turned = <T>(items: readonly T[], round: number): T[] => {
  const by = items.length === 0 ? 0 : round % items.length
  return [...items.slice(by), ...items.slice(0, by)]
}
