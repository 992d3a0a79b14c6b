import type { Measured } from './report.ts'
import type { Slice } from './slice.ts'
import type { VariantName } from './variants.ts'

/** A slice whose requests cost so many µs. */
export const slice = (sum: number, more: Partial<Slice> = {}): Slice => ({
  requests: 1000,
  throughput: 5000,
  p50: 3,
  p95: 5,
  p99: 8,
  cpu: { gateway: sum, users: 0, auth: 0, posts: 0, notifications: 0, relations: 0, postgres: 0, redis: 0, kafka: 7 },
  sum,
  sumWithKafka: sum + 7,
  lag: {},
  spans: 0,
  foreign: 0,
  rested: true,
  ...more,
})

/** A set whose requests cost so many µs, round by round. */
export const measuredOf = (
  variant: VariantName,
  sums: readonly number[],
  o: { name?: string; slice?: Partial<Slice> } = {},
): Measured => ({ name: o.name ?? variant, variant, slices: sums.map((sum) => slice(sum, o.slice)) })
