import { fileURLToPath } from 'node:url'
import { ManagedProcess } from '../managed-process.ts'
import { exchange, serverOf, type Server } from './server.ts'

export type SpoolOptions = {
  /** `traces.jsonl` and `errors.jsonl` are written here. */
  folder: string
  errorsPort: number
  /** Left out when the collector receives the traces. */
  tracesPort?: number | undefined
  /** The DSN of an error tracker that gets every error as well. */
  forwardDsn?: string | undefined
  logFile: string
  pidFile?: string | undefined
}

const HELLO = Buffer.from('GET / HTTP/1.1\r\nHost: spool\r\nConnection: close\r\n\r\n')

/** Starts the receiver of traces and errors for machines without a collector. `url` is that of the errors. */
export const startSpool = async (options: SpoolOptions): Promise<Server> => {
  const { folder, tracesPort, errorsPort, forwardDsn } = options
  const ports = [errorsPort, ...(tracesPort === undefined ? [] : [tracesPort])]
  const server = new ManagedProcess({
    name: 'spool',
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      '--max-old-space-size=128',
      fileURLToPath(new URL('../spool.ts', import.meta.url)),
    ],
    env: {
      FOLDER: folder,
      ERRORS_PORT: String(errorsPort),
      ...(tracesPort !== undefined && { TRACES_PORT: String(tracesPort) }),
      ...(forwardDsn !== undefined && { FORWARD_DSN: forwardDsn }),
    },
    logFile: options.logFile,
    pidFile: options.pidFile,
    ready: async () => {
      await Promise.all(ports.map((port) => exchange(port, HELLO)))
    },
  })
  await server.start()
  return serverOf(server, `http://127.0.0.1:${errorsPort}`, errorsPort)
}

/** The DSN that sends the errors of a Sentry client here. */
export const spoolDsn = (errorsPort: number): string => `http://pharos@127.0.0.1:${errorsPort}/1`
