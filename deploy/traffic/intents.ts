import { READS, WRITES, type Action } from './actions.ts'
import { MISTAKES } from './mistakes.ts'
import { createRandom, weighted, zipf, type Random } from './random.ts'
import { arrivals, type Rhythm } from './rhythm.ts'

/** Somebody (by place) will do something at a time in seconds. `number` and the seed of the run are the seed of all its details. */
export type Intent = { at: number; number: number; actor: number; action: string }

export const ACTIONS: Readonly<Record<string, Action>> = { ...READS, ...WRITES, ...MISTAKES }

/** Reads and writes share the rest as their own shares say. */
const MISTAKEN = 0.03
/** Some people are there much more often than others, and celebrities are looked at most. */
const ACTIVE = 0.5
const FAMOUS = 0.8

const chooser = (actions: Readonly<Record<string, Action>>): ((random: Random) => string) => {
  const names = Object.keys(actions)
  const placeOf = weighted(Object.values(actions).map(({ share }) => share))
  return (random) => names[placeOf(random)] ?? ''
}

/** Picks a celebrity most often: they are the first of the population. */
export const fame = (people: number): ((random: Random) => number) => zipf(people, FAMOUS)

/** All that people are going to do, without end: the same for the same seed, population and rhythm. */
export const intents = function* (o: { seed: number; users: number; rhythm: Rhythm }): Generator<Intent, void> {
  const [times, choices] = [createRandom(o.seed, 1), createRandom(o.seed, 2)]
  const usual = chooser({ ...READS, ...WRITES })
  const mistaken = chooser(MISTAKES)
  const actorOf = zipf(o.users, ACTIVE)
  let number = 0
  for (const at of arrivals(times, o.rhythm)) {
    number += 1
    const action = choices.chance(MISTAKEN) ? mistaken(choices) : usual(choices)
    // The most active are not the most famous: they are counted from the other end.
    yield { at, number, actor: o.users - 1 - actorOf(choices), action }
  }
}
