import { createApiClient } from '../../src/testing/api-client.ts'
import { KIT, startChild } from '../telemetry/child-process.ts'

const main = (on: boolean): string => `
  import { z } from 'zod'
  import { operation } from '${KIT}/contracts/http/define.ts'
  import { openFaults } from '${KIT}/faults/open-faults.ts'
  import { createApp } from '${KIT}/http/app.ts'
  import { createHealth } from '${KIT}/http/health.ts'
  import { listen, listenManagement } from '${KIT}/http/listen.ts'
  import { bind } from '${KIT}/http/router.ts'
  import { run } from '${KIT}/runtime/run.ts'
  import { log } from '${KIT}/telemetry/log.ts'
  const api = {
    getThing: operation({
      id: 'getThing', service: 'users', tag: 'things', summary: 'x', limit: 'read', refusals: [],
      methods: ['get'], paths: ['/things/:id'], auth: 'none',
      params: z.object({ id: z.string() }), success: { status: 200 },
    }),
  }
  const anywhere = { host: '127.0.0.1', port: 0 }
  await run(async (stack) => {
    const faults = stack.use(await openFaults({ FAULTS: ${on} }))
    const routes = bind(api, { getThing: async ({ params }) => params })
    const app = createApp({ routes, faults, authenticator: { authenticate: async () => { throw new Error('nobody') } } })
    const management = stack.use(await listenManagement(createHealth({}), anywhere, faults))
    const server = stack.use(await listen(app, anywhere))
    log.info('ready', { 'event.action': 'service.ready', url: server.url, management: management.url })
  })
`

/** A made-up service that can be broken, as a process of its own, with a client for its API and the hand on its flags. */
export const startFaultyProcess = async (o: { faults: boolean; env?: Record<string, string> }) => {
  const child = startChild(main(o.faults), o.env)
  const { url, management } = await child.waitForLine({ 'event.action': 'service.ready' })
  const client = createApiClient(String(url))
  return {
    child,
    client,
    ask: (path: string): Promise<Response> => fetch(`${String(management)}${path}`),
    put: (flag: string, body: string): Promise<Response> =>
      fetch(`${String(management)}/faults/${flag}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body,
      }),
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]()
      await child[Symbol.asyncDispose]()
    },
  }
}
