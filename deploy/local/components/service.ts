import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compileCache } from '../cache.ts'
import { Failure } from '../failure.ts'
import { ManagedProcess } from '../managed-process.ts'
import { readOverrides } from '../overrides.ts'
import type { ServiceName } from '../services.ts'
import { answersOk, serverOf, type Server } from './server.ts'

export type ServiceServer = Server & { name: ServiceName; managementUrl: string }

export type ServiceOptions = {
  root: string
  name: ServiceName
  port: number
  managementPort: number
  /** Everything the service reads; see `serviceEnvironment`. */
  env: Readonly<Record<string, string>>
  logFile: string
  pidFile?: string | undefined
  /** Flags for Node itself, for example a profiler's. */
  nodeArguments?: readonly string[] | undefined
  /** While this file is there, its variables go over all others at each start: a fault brings a service back as another version. */
  overrideFile?: string | undefined
}

/**
 * Twice V8's own: an update of a profile, which holds what it allocates until its event is out, costs an eighth less. The
 * gateway holds little for long but thousands of live connections, for which this would be memory that does nothing.
 */
const semiSpaceOf = (name: ServiceName): string => `--max-semi-space-size=${name === 'gateway' ? 16 : 32}`

/**
 * An explicit bound, as a container's is, instead of what the machine has: how near the heap is to it then means something. Less
 * would not do: V8 gives up when the old generation is full and adds three semi-spaces to what it says is the limit, so that with
 * 512 MB it ends a process at 84 % of it, before anybody is told at 85 %.
 */
const HEAP_LIMIT = '--max-old-space-size=1024'

/** One arena of malloc for all threads: each further one keeps what was freed in it, some 30 MB for 5,000 live connections. */
const ONE_ARENA = { MALLOC_ARENA_MAX: '1' }

// A little above the 25 s in which a service finishes its requests.
const STOP_TIMEOUT_MS = 27_000

/** Starts `services/<name>/src/main.ts` and resolves when its `/readyz` answers. */
export const startService = async (options: ServiceOptions): Promise<ServiceServer> => {
  const { root, name, port, managementPort } = options
  const main = join(root, 'services', name, 'src/main.ts')
  if (!existsSync(main)) throw new Failure(`There is no ${main}: this checkout is incomplete.`)
  const url = `http://127.0.0.1:${port}`
  const managementUrl = `http://127.0.0.1:${managementPort}`
  const register = pathToFileURL(join(root, 'platform/src/telemetry/register.ts')).href
  const server = new ManagedProcess({
    name,
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      semiSpaceOf(name),
      HEAP_LIMIT,
      ...(options.nodeArguments ?? []),
      '--import',
      register,
      main,
    ],
    cwd: root,
    env: () => ({
      ...ONE_ARENA,
      ...compileCache(),
      ...options.env,
      PORT: String(port),
      MANAGEMENT_PORT: String(managementPort),
      ...readOverrides(options.overrideFile),
    }),
    logFile: options.logFile,
    pidFile: options.pidFile,
    stopTimeoutMs: STOP_TIMEOUT_MS,
    readyTimeoutMs: 60_000,
    ready: () => answersOk(`${managementUrl}/readyz`),
  })
  await server.start()
  return { ...serverOf(server, url, port), name, managementUrl }
}
