import { generateMersenne53Randomizer } from '@faker-js/faker'

/** Chance that can be repeated: the same seed gives the same sequence. */
export type Random = {
  /** From 0 to below 1. */
  next(): number
  /** A whole number from 0 to below `count`. */
  below(count: number): number
  chance(share: number): boolean
  pick<T>(items: readonly T[]): T
  /** The time until the next of events that come independently of each other. */
  exponential(mean: number): number
}

/** Several numbers make a seed of their own, such as that of a run and the place of an action in it. */
export const createRandom = (...seed: readonly number[]): Random => {
  const randomizer = generateMersenne53Randomizer()
  randomizer.seed([...seed])
  const next = (): number => randomizer.next()
  const below = (count: number): number => Math.floor(next() * count)
  return {
    next,
    below,
    chance: (share) => next() < share,
    pick: <T>(items: readonly T[]): T => {
      if (items.length === 0) throw new Error('there is nothing to pick from')
      return items[below(items.length)] as T
    },
    exponential: (mean) => -mean * Math.log(1 - next()),
  }
}

/** Picks by weight: `indexOf(random)` gives the place of one of them. */
export const weighted = (weights: readonly number[]): ((random: Random) => number) => {
  let sum = 0
  const bounds = weights.map((weight) => (sum += weight))
  return (random) => {
    const at = random.next() * sum
    let low = 0
    let high = bounds.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((bounds[middle] ?? 0) > at) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** Zipf's law: the place k (from 0) comes with a weight of 1 / (k + 1) ^ exponent. */
export const zipf = (count: number, exponent: number): ((random: Random) => number) =>
  weighted(Array.from({ length: count }, (_, place) => 1 / (place + 1) ** exponent))
