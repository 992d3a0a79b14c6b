import { appendFile } from 'node:fs/promises'
import { z } from 'zod'
import { placeOf } from '../../local/parts.ts'
import type { ServiceName } from '../../local/services.ts'
import { breaker, type Breaker } from '../breaker.ts'
import { requireProcess } from '../injectors/processes.ts'
import { repeatedly } from '../repeat.ts'

const EVERY_MS = 5_000

/** Writes into the log of a service what it did not write; the lines stay there. */
const lines = (service: ServiceName, lineAt: (time: Date) => string): Breaker =>
  breaker(z.null(), {
    prepare: async ({ settings }) => {
      requireProcess(settings.home, service)
      return null
    },
    apply: async ({ settings }) => {
      const { logFile } = placeOf(settings.home, service)
      return repeatedly(EVERY_MS, () => appendFile(logFile, `${lineAt(new Date())}\n`))
    },
    mend: () => Promise.resolve(),
  })

export const rawLines = lines(
  'posts',
  () => 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory (injected by npm run fault)',
)

/** The address is nobody's; at debug, which services do not write, so that these lines can be counted. */
export const secretLines = lines('users', (time) =>
  JSON.stringify({
    '@timestamp': time.toISOString(),
    'log.level': 'debug',
    message: 'a forgetful developer logs who signed in: somebody@example.org',
    'ecs.version': '8.11.0',
    'service.name': 'users',
    'service.version': '0.0.0',
    'service.environment': 'local',
    'event.action': 'fault.line',
  }),
)
