import { OpenFeature } from '@openfeature/server-sdk'
import type { Logger } from '@openfeature/server-sdk'
import { log } from '../telemetry/log.ts'
import { blockEventLoop } from './event-loop-block.ts'
import type { Faults } from './faults.ts'
import { readFlagFile } from './flag-file.ts'
import { createFlagProvider } from './flag-provider.ts'
import { createLeak } from './memory-leak.ts'

const DOMAIN = 'faults'
const BEAT_MS = 1_000

/** What OpenFeature has to say goes among our lines; by itself it would write on the console. */
const say = (write: (message: string) => void) => (message: unknown) => write(`flags: ${String(message)}`)
const logger: Logger = { error: say(log.error), warn: say(log.warn), info: say(log.debug), debug: say(log.debug) }

const announce = (flag: string, variant: string): void =>
  log.warn(`fault ${flag} is now ${variant}`, {
    'event.action': 'fault.changed',
    'fault.name': flag,
    'fault.variant': variant,
  })

/**
 * Opens the flags of this process and runs the faults that nobody has to ask for: once a second the event loop is blocked and
 * the heap grows. One at a time: OpenFeature knows its providers by process. Disposal ends all faults.
 * @throws ConfigError when the file is no file of our flags
 */
export const startFaults = async (file?: string): Promise<Faults> => {
  const provider = createFlagProvider(await readFlagFile(file), logger)
  OpenFeature.setLogger(logger)
  await OpenFeature.setProviderAndWait(DOMAIN, provider)
  const client = OpenFeature.getClient(DOMAIN)
  const leak = createLeak()

  const amount: Faults['amount'] = (flag) => client.getNumberValue(flag, 0)
  const beat = async (): Promise<void> => {
    leak.grow(await amount('memory-leak'))
    blockEventLoop(await amount('event-loop-block'))
  }
  const timer = setInterval(() => void beat(), BEAT_MS)
  timer.unref()

  log.warn('this process takes faults on its management port', { 'event.action': 'fault.allowed' })
  for (const { flag, variant } of provider.states()) if (variant !== 'off') announce(flag, variant)
  return {
    amount,
    isOn: (flag) => client.getBooleanValue(flag, false),
    list: provider.states,
    change: (flag, variant) => {
      if (provider.change(flag, variant)) announce(flag, variant)
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      leak.grow(0)
      await OpenFeature.clearProviders()
    },
  }
}
