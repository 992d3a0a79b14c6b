import type { Random } from './random.ts'

/** By places in the population: the first follows the second. */
export type Follow = readonly [follower: number, followee: number]

/** One choice in so many is not of somebody known but of anybody. */
const BY_CHANCE = 0.15
const ATTEMPTS = 20

/** How many somebody follows: most a few, some a lot. */
const appetite = (random: Random, mean: number): number =>
  // Cutting off the fraction takes away half of one.
  mean < 1 ? 0 : 1 + Math.floor(random.exponential(mean - 0.5))

/**
 * Who follows whom, by preferential attachment: whoever has followers gets more of them, so that the number of followers
 * falls off as a power law with a few celebrities, which are the first of the population. Everybody comes in turn.
 */
export const followGraph = (random: Random, o: { people: number; followsEach: number }): Follow[] => {
  const { people, followsEach } = o
  const follows: Follow[] = []
  // A place stands here once for being there and once for each follower, so picking from it prefers who has many.
  const known: number[] = []
  for (let follower = 0; follower < people; follower += 1) {
    const chosen = new Set<number>()
    const wanted = Math.min(appetite(random, followsEach), people - 1)
    for (let attempt = 0; chosen.size < wanted && attempt < wanted * ATTEMPTS; attempt += 1) {
      const followee = known.length === 0 || random.chance(BY_CHANCE) ? random.below(people) : random.pick(known)
      if (followee === follower || chosen.has(followee)) continue
      chosen.add(followee)
      known.push(followee)
      follows.push([follower, followee])
    }
    known.push(follower)
  }
  return follows
}
