import { mkdir } from 'node:fs/promises'
import { goBinary, type GoProgram } from '../go-build.ts'
import { ManagedProcess } from '../managed-process.ts'
import { findProgram } from '../programs.ts'
import { answersOk, serverOf, type Server } from './server.ts'

export type GoServerOptions = {
  dataDir: string
  port: number
  logFile: string
  pidFile?: string | undefined
  note: (message: string) => void
}

/** Starts a store of telemetry: the program of that name on PATH, or ours. It is ready when `/ready` answers. */
export const startGoServer = async (
  program: GoProgram,
  { dataDir, port, logFile, pidFile, note }: GoServerOptions,
  o: { args: readonly string[]; env: Readonly<Record<string, string>>; stopTimeoutMs?: number },
): Promise<Server> => {
  const command = findProgram(program.name) ?? (await goBinary(program, note))
  await mkdir(dataDir, { recursive: true })
  const url = `http://127.0.0.1:${port}`
  const server = new ManagedProcess({
    name: program.name,
    command,
    args: o.args,
    env: { ...o.env, GOMEMLIMIT: '400MiB' },
    cwd: dataDir,
    logFile,
    pidFile,
    ...(o.stopTimeoutMs !== undefined && { stopTimeoutMs: o.stopTimeoutMs }),
    ready: () => answersOk(`${url}/ready`),
    readyTimeoutMs: 90_000,
  })
  await server.start()
  return serverOf(server, url, port)
}
