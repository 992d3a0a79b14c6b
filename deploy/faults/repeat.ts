import { setTimeout as delay } from 'node:timers/promises'

/** Resolves after so long, or when it is aborted. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  delay(ms, undefined, signal && { signal }).catch(() => {})

/**
 * Does it at once and then again, so long after each beginning, until it is disposed, which waits for the one in hand. What
 * one round throws ends nothing: in a broken system much fails that works a moment later.
 */
export const repeatedly = (everyMs: number, work: (signal: AbortSignal) => Promise<unknown>): AsyncDisposable => {
  const ending = new AbortController()
  const { signal } = ending
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      const begun = performance.now()
      await work(signal).catch(() => {})
      await pause(Math.max(0, everyMs - (performance.now() - begun)), signal)
    }
  }
  const done = loop()
  return {
    [Symbol.asyncDispose]: async () => {
      ending.abort()
      await done
    },
  }
}

/** Tries until it works. @throws what the last try has thrown, after so long */
export const untilWorks = async <T>(withinMs: number, work: () => Promise<T>): Promise<T> => {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(250)
    }
  }
}
