import type { AlertRef, Fault } from '../../faults/fault.ts'
import { mayBring } from './made.ts'

const named = ({ alerts }: Fault): readonly (AlertRef & { service: string })[] => alerts

/** Whether one of two could bring what the other is told by: then the second waits until the first is over. */
const mixes = (one: Fault, other: Fault): boolean =>
  named(one).some((alert) => mayBring(other, alert)) || named(other).some((alert) => mayBring(one, alert))

/** The same faults, those first whose end takes long, and each followed by one that need not wait for it, as far as there is one. */
export const spreadOut = (faults: readonly Fault[]): Fault[] => {
  const left = faults.toSorted((a, b) => (b.resolvesWithinSeconds ?? 0) - (a.resolvesWithinSeconds ?? 0))
  const order: Fault[] = []
  while (left.length > 0) {
    const last = order.at(-1)
    const place = left.findIndex((fault) => last === undefined || !mixes(last, fault))
    order.push(...left.splice(Math.max(0, place), 1))
  }
  return order
}
