import { setTimeout as pause } from 'node:timers/promises'

const EVERY_MS = 500

/**
 * Looks again and again until `done` likes what is seen, at most for `withinMs`; gives what was seen last. A look that
 * throws is a "not yet". @throws the error of the last look, when none has gone well; AbortError when `signal` ends it
 */
export const lookUntil = async <T>(
  look: () => Promise<T>,
  done: (seen: T) => boolean,
  o: { withinMs: number; everyMs?: number; signal: AbortSignal },
): Promise<T> => {
  const deadline = performance.now() + o.withinMs
  let last: { seen: T } | undefined
  for (;;) {
    try {
      last = { seen: await look() }
      if (done(last.seen)) return last.seen
    } catch (error) {
      if (performance.now() >= deadline && last === undefined) throw error
    }
    if (last !== undefined && performance.now() >= deadline) return last.seen
    await pause(o.everyMs ?? EVERY_MS, undefined, { signal: o.signal })
  }
}
