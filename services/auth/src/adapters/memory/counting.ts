import type { Clock } from '@pharos/platform/runtime/clock'

/** Counts what happens to a key within a window. */
export interface Counting {
  /**
   * Adds one, unless there are `max` already: then it says for how long. The first starts the window, the one that
   * reaches `max` starts it anew.
   */
  add(key: string, max: number, windowMs: number): Promise<Counted>
  subtract(key: string): Promise<void>
  forget(key: string): Promise<void>
}

export type Counted = { readonly refusedForMs: number; readonly count: number }

const MAX_KEYS = 50_000

type Entry = { count: number; endsAt: number }

/** Counts in this process alone. Bounded: when it is full, what was counted first is forgotten first. */
export const createMemoryCounting = (clock: Clock): Counting => {
  const entries = new Map<string, Entry>()
  const live = (key: string): Entry | undefined => {
    const entry = entries.get(key)
    if (entry && entry.endsAt > clock.now().getTime()) return entry
    entries.delete(key)
    return undefined
  }

  return {
    add: async (key, max, windowMs) => {
      const now = clock.now().getTime()
      const entry = live(key) ?? { count: 0, endsAt: now + windowMs }
      if (entry.count >= max) return { refusedForMs: entry.endsAt - now, count: entry.count }
      entry.count += 1
      if (entry.count === max) entry.endsAt = now + windowMs
      const [oldest] = entries.size >= MAX_KEYS ? entries.keys() : []
      if (oldest !== undefined) entries.delete(oldest)
      entries.set(key, entry)
      return { refusedForMs: 0, count: entry.count }
    },
    subtract: async (key) => {
      const entry = live(key)
      if (entry && entry.count > 0) entry.count -= 1
    },
    forget: async (key) => void entries.delete(key),
  }
}
