import { setTimeout as sleep } from 'node:timers/promises'
import { isAppError } from '@pharos/platform/errors'
import { log } from '@pharos/platform/telemetry/log'

const PAUSE_MS = 500

/** Does what the service cannot start without, again and again while what it needs is `unavailable`. */
export const untilAvailable = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run()
    } catch (error) {
      if (!isAppError(error) || error.kind !== 'unavailable') throw error
      if (attempt === 1) log.warn(`${what} must wait`, { 'event.action': 'service.waiting' }, error)
      await sleep(PAUSE_MS)
    }
  }
}
