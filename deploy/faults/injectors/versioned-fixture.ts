import { join } from 'node:path'
import { answersOk, serverOf } from '../../local/components/server.ts'
import { ManagedProcess } from '../../local/managed-process.ts'
import type { ServiceName } from '../../local/services.ts'
import type { Part } from '../../local/supervisor.ts'

const OVERRIDES = new URL('../../local/overrides.ts', import.meta.url).href

/** A service that is told at its start what the supervisor of a run tells it. */
export const versioned = (home: string, name: ServiceName, port: number): Part => ({
  name,
  after: [],
  start: async () => {
    const code = `
      import { createServer } from 'node:http'
      import { overrideFile, readOverrides } from '${OVERRIDES}'
      const { SERVICE_VERSION: version = '1.0.0' } = readOverrides(overrideFile(${JSON.stringify(home)}, '${name}'))
      createServer((_req, res) => res.end(JSON.stringify({ version }))).listen(${port}, '127.0.0.1')`
    const process_ = new ManagedProcess({
      name,
      command: process.execPath,
      args: ['--input-type=module', '--eval', code],
      logFile: join(home, `logs/${name}.log`),
      pidFile: join(home, `run/${name}.pid`),
      ready: () => answersOk(`http://127.0.0.1:${port}`),
    })
    await process_.start()
    return serverOf(process_, `http://127.0.0.1:${port}`, port)
  },
})
