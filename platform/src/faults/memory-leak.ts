import { getHeapStatistics } from 'node:v8'

const NUMBERS_PER_MB = 1_048_576 / 8
/** Of what V8 gives as its limit. The old generation alone ends the process a little above it (deploy/local/components/service.ts). */
const FULL = 0.9

const isFull = (): boolean => {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  return used > FULL * limit
}

/** Heap that nobody needs and somebody holds. */
export const createLeak = (): { grow(megabytes: number): void } => {
  let held: number[][] = []
  return {
    /** Holds so much more, until the heap is nearly full; 0 lets everything go. */
    grow: (megabytes) => {
      if (megabytes === 0) held = []
      // Numbers in the heap: what a Buffer holds lies outside, where no limit of the heap sees it.
      for (let n = 0; n < megabytes && !isFull(); n += 1) held.push(Array.from({ length: NUMBERS_PER_MB }, () => 0.5))
    },
  }
}
