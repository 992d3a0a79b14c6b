/** Durations in constant memory, however long a run is: percentiles are right to two percent. */
export type Latencies = { add(ms: number): void; readonly count: number; percentile(share: number): number }

const GROWTH = 1.02
const LEAST_MS = 0.05
const PLACES = 1_000

const placeOf = (ms: number): number =>
  Math.min(PLACES - 1, Math.max(0, Math.ceil(Math.log(ms / LEAST_MS) / Math.log(GROWTH))))

export const createLatencies = (): Latencies => {
  const counts = new Uint32Array(PLACES)
  let count = 0
  return {
    add: (ms) => {
      const place = placeOf(ms)
      counts[place] = (counts[place] ?? 0) + 1
      count += 1
    },
    get count() {
      return count
    },
    percentile: (share) => {
      if (count === 0) return Number.NaN
      let left = Math.ceil(share * count)
      const place = counts.findIndex((here) => (left -= here) <= 0)
      return LEAST_MS * GROWTH ** place
    },
  }
}
