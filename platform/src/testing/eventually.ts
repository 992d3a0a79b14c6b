import { setTimeout as sleep } from 'node:timers/promises'

const TIMEOUT_MS = 10_000
const INTERVAL_MS = 20

/**
 * Calls `fn` until it does not throw (a failed assertion is a "not yet") and returns what it returns.
 * @throws the last error, once `timeoutMs` (10 s by default) have passed
 */
export const eventually = async <T>(
  fn: () => T | Promise<T>,
  { timeoutMs = TIMEOUT_MS, intervalMs = INTERVAL_MS }: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<T> => {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      return await fn()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await sleep(intervalMs)
    }
  }
}
