const FIRST_MS = 100
const MAX_DOUBLINGS = 16

/** The wait before the next attempt in milliseconds: doubling from 100 up to `maxMs`, half of it by chance. */
export const backoff = (failures: number, maxMs: number): number =>
  Math.min(FIRST_MS * 2 ** Math.min(failures, MAX_DOUBLINGS), maxMs) * (0.5 + Math.random() / 2)
