import { fileURLToPath } from 'node:url'
import { ManagedProcess } from '../managed-process.ts'
import { answersOk, serverOf, type Server } from './server.ts'

const MAIN = fileURLToPath(new URL('../../../observability/oncall/main.ts', import.meta.url))

export type OncallOptions = {
  port: number
  /** What was delivered is kept here, a line of JSON each. */
  file: string
  logFile: string
  pidFile?: string | undefined
}

/** Starts the receiver of alerts, which stands for whoever would be called. */
export const startOncall = async ({ port, file, logFile, pidFile }: OncallOptions): Promise<Server> => {
  const url = `http://127.0.0.1:${port}`
  const server = new ManagedProcess({
    name: 'oncall',
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=64', MAIN],
    env: { ONCALL_PORT: String(port), ONCALL_FILE: file },
    logFile,
    pidFile,
    ready: () => answersOk(`${url}/healthz`),
  })
  await server.start()
  return serverOf(server, url, port)
}
