import { z } from 'zod'
import { signalProcess } from '../../local/process-identity.ts'
import { breaker, nothingGoesOn, type Breaker } from '../breaker.ts'
import { repeatedly } from '../repeat.ts'
import { processOf, requireProcess } from './processes.ts'

/** SIGKILL, once or until the repair. Nothing is to be mended: the supervisor brings it back. */
export const kill = (part: string, everySeconds: number | undefined): Breaker =>
  breaker(z.null(), {
    prepare: async ({ settings }) => {
      requireProcess(settings.home, part)
      return null
    },
    apply: async ({ settings }) => {
      // Whichever is there now: it is another one each time, and may still be starting.
      const strike = async (): Promise<void> => {
        const found = processOf(settings.home, part)
        if (found !== undefined) signalProcess(found, 'SIGKILL')
      }
      if (everySeconds !== undefined) return repeatedly(everySeconds * 1000, strike)
      await strike()
      return nothingGoesOn
    },
    mend: () => Promise.resolve(),
  })
