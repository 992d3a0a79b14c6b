import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Failure, hasCode } from './failure.ts'
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts'

export type PartState = {
  name: string
  state: 'waiting' | 'starting' | 'ready' | 'done' | 'restarting' | 'stopping' | 'stopped' | 'skipped'
  /** What it is doing, or why it was skipped. */
  detail?: string | undefined
  process?: ProcessIdentity | undefined
  url?: string | undefined
  port?: number | undefined
  logFile?: string | undefined
  /** ISO time of the last change of state. */
  since: string
  restarts: number
}

/** `.pharos/run/state.json`: what runs, for the other commands and for scripts. */
export type RunState = { supervisor: ProcessIdentity; startedAt: string; parts: PartState[] }

const stateFile = (home: string): string => join(home, 'run/state.json')
const lockFile = (home: string): string => join(home, 'run/supervisor.json')

const readJson = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

export const readRunState = (home: string): RunState | undefined => readJson(stateFile(home)) as RunState | undefined

export const writeRunState = (home: string, state: RunState): void => {
  const file = stateFile(home)
  writeFileSync(`${file}.new`, JSON.stringify(state, null, 2))
  renameSync(`${file}.new`, file)
}

/** The supervisor that runs in this home now, if there is one. */
export const runningSupervisor = (home: string): ProcessIdentity | undefined => {
  const owner = readJson(lockFile(home)) as ProcessIdentity | undefined
  return owner !== undefined && isAlive(owner) ? owner : undefined
}

/** Takes the home for this process; throws a Failure when another supervisor has it. */
export const takeHome = (home: string): Disposable => {
  const file = lockFile(home)
  mkdirSync(dirname(file), { recursive: true })
  const write = (): void => writeFileSync(file, JSON.stringify(identityOf(process.pid)), { flag: 'wx' })
  try {
    write()
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
    const owner = runningSupervisor(home)
    if (owner !== undefined) {
      const what = `Pharos already runs in this checkout (pid ${owner.pid})`
      throw new Failure(`${what}: "npm run status" shows it, "npm run stop" ends it.`)
    }
    rmSync(file, { force: true })
    write()
  }
  return { [Symbol.dispose]: () => rmSync(file, { force: true }) }
}
