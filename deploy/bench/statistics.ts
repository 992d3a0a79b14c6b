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

/** The order of one round: turned by one place each time, so that nobody always follows the same neighbour first. */
export const turned = <T>(items: readonly T[], round: number): T[] => {
  const by = items.length === 0 ? 0 : round % items.length
  return [...items.slice(by), ...items.slice(0, by)]
}
