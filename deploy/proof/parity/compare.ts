import type { Verdict } from '../part.ts'

/** Lines by service. */
export type Counts = ReadonlyMap<string, number>

export type Row = {
  service: string
  loki: number
  elasticsearch: number
  /** Share of the greater count that the other store lacks. */
  apart: number
  verdict: Verdict
}

/** A thousandth: what may be on its way, or is counted at the other side of the window's border. */
const TOLERATED = 0.001

/** Compares service by service; `expected` have to be in both, others are compared as far as there are lines of them. */
export const compareCounts = (loki: Counts, elasticsearch: Counts, expected: readonly string[]): Row[] =>
  [...new Set([...expected, ...loki.keys(), ...elasticsearch.keys()])].map((service) => {
    const [one, other] = [loki.get(service) ?? 0, elasticsearch.get(service) ?? 0]
    const most = Math.max(one, other)
    const apart = most === 0 ? 0 : Math.abs(one - other) / most
    const verdict = most === 0 ? 'not proven' : apart > TOLERATED ? 'failed' : 'proven'
    return { service, loki: one, elasticsearch: other, apart, verdict }
  })
