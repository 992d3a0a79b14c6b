import assert from 'node:assert/strict'
import { createApiClient } from '../../src/testing/api-client.ts'
import { eventually } from '../../src/testing/eventually.ts'
import type { LogLine } from '../../src/testing/log-lines.ts'
import { KIT, startChild } from './child-process.ts'

const THINGS = new URL('../http/thing-service.ts', import.meta.url).href

const MAIN = `
  import { run } from '${KIT}/runtime/run.ts'
  import { log } from '${KIT}/telemetry/log.ts'
  import { scrape } from '${KIT}/telemetry/metrics.ts'
  import { captureError } from '${KIT}/telemetry/capture.ts'
  import { startThings } from '${THINGS}'
  await run(async (stack) => {
    const things = stack.use(await startThings())
    process.on('SIGUSR2', async () => log.info((await scrape()).body, { 'event.action': 'scraped' }))
    process.on('SIGUSR1', () => captureError({ email: ['ada', 'example.org'].join('@'), password: 'hunter' + 22 }))
    log.info('ready', { 'event.action': 'service.ready', url: things.server.url })
  })
`

/** The made-up service as a process of its own, with the telemetry bootstrap, and a client for it. */
export const startThingProcess = async (env: Record<string, string> = {}) => {
  const child = startChild(MAIN, env)
  const { url } = await child.waitForLine({ 'event.action': 'service.ready' })
  const client = createApiClient(String(url))
  return {
    child,
    client,
    scrape: (): Promise<string> => {
      const scrapes = (): LogLine[] => child.lines().filter((line) => line['event.action'] === 'scraped')
      const earlier = scrapes().length
      child.process.kill('SIGUSR2')
      return eventually(() => String((scrapes()[earlier] ?? assert.fail('no scrape yet'))['message']))
    },
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]()
      await child[Symbol.asyncDispose]()
    },
  }
}
