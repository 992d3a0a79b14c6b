import type { AlertRef, Fault } from '../../faults/fault.ts'
import { mayBring } from './made.ts'

const named = ({ alerts }: Fault): readonly (AlertRef & { service: string })[] => alerts

/** Whether one of two could bring what the other is told by: then the second waits until the first is over. */
const mixes = (one: Fault, other: Fault): boolean =>
  named(one).some((alert) => mayBring(other, alert)) || named(other).some((alert) => mayBring(one, alert))

/**
 * The same faults, each followed by one that need not wait for it, as far as there is one. Those whose end takes long come in the
 * middle: what looks far back needs a system that has run for a while, and the others happen meanwhile.
 */
export const spreadOut = (faults: readonly Fault[]): Fault[] => {
  const { long = [], usual = [] } = Object.groupBy(faults, ({ resolvesWithinSeconds }) =>
    resolvesWithinSeconds === undefined ? 'usual' : 'long',
  )
  return inTurn(usual).toSpliced(Math.floor(usual.length / 2), 0, ...long)
}

const inTurn = (faults: readonly Fault[]): Fault[] => {
  const left = [...faults]
  const order: Fault[] = []
  while (left.length > 0) {
    const last = order.at(-1)
    const place = left.findIndex((fault) => last === undefined || !mixes(last, fault))
    order.push(...left.splice(Math.max(0, place), 1))
  }
  return order
}
