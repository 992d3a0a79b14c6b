import type { Random } from './random.ts'

/** `rate` per second on average, and how many seconds a day has. */
export type Rhythm = { rate: number; day: number }

const SWING = 0.6

/** Requests per second at a time: it begins in the morning with the mean, is highest after a quarter of a day and lowest after three. */
export const rateAt = (second: number, { rate, day }: Rhythm): number =>
  rate * (1 + SWING * Math.sin((2 * Math.PI * second) / day))

/** The times in seconds at which somebody does something, without end: a Poisson process whose rate follows the day. */
export const arrivals = function* (random: Random, rhythm: Rhythm): Generator<number, never> {
  const highest = rhythm.rate * (1 + SWING)
  let second = 0
  for (;;) {
    second += random.exponential(1 / highest)
    if (random.chance(rateAt(second, rhythm) / highest)) yield second
  }
}
