import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Failure } from '../local/failure.ts'
import { guarded, tailOf } from '../local/managed-process.ts'
import { identityOf, isAlive, signalProcess, type ProcessIdentity } from '../local/process-identity.ts'
import type { Say } from '../local/progress.ts'
import { readRunState, runningSupervisor, type PartState } from '../local/run-state.ts'
import { SERVICE_NAMES } from '../local/services.ts'
import type { Settings } from '../local/settings.ts'
import { sweep } from '../local/sweep.ts'

const START = fileURLToPath(new URL('../local/start.ts', import.meta.url))
const LOOK_MS = 500
const SAY_EVERY_MS = 30_000
const STOP_MS = 120_000
const QUESTION_MS = 5000

export type Rules = 'real' | 'fast'

const isRunning = ({ home }: Settings): boolean => runningSupervisor(home) !== undefined

/** Calls `onEnd` once when the system of this checkout ends while it is watched. */
export const watchSystem = (settings: Settings, onEnd: () => void): Disposable => {
  const timer = setInterval(() => {
    if (isRunning(settings)) return
    clearInterval(timer)
    onEnd()
  }, LOOK_MS)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

type Wait = { settings: Settings; say: Say; signal: AbortSignal }

/** The folder is there while the run has rules of its own. */
const rulesInForce = ({ home }: Settings): Rules => (existsSync(join(home, 'run/rules')) ? 'fast' : 'real')

/** The part that comes last: then all others have come or were left out. */
const lastPart = ({ receivers }: Settings): string => (receivers.collector ? 'collector' : 'grafana')

const isSettled = ({ state }: PartState): boolean => ['ready', 'done', 'skipped'].includes(state)

const told = ({ state, detail }: PartState): string =>
  detail === undefined ? state : `${state}: ${detail.split('\n')[0] ?? ''}`

/** The parts of the run that is; what an earlier one has left behind is none of it. */
const partsNow = ({ home }: Settings): readonly PartState[] => {
  const state = readRunState(home)
  return state !== undefined && state.supervisor.pid === runningSupervisor(home)?.pid ? state.parts : []
}

/** Waits until every part has come or was left out, and says what changes; `ended` says why that will not be. */
const untilSettled = async (o: Wait & { ended: () => string | undefined }): Promise<readonly PartState[]> => {
  const { settings, say, signal, ended } = o
  const said = new Map<string, string>()
  let nextLine = Date.now() + SAY_EVERY_MS
  for (;;) {
    const reason = ended()
    if (reason !== undefined) throw new Failure(reason)
    const parts = partsNow(settings)
    for (const part of parts) {
      // What waits for its turn is no news.
      if (part.state === 'waiting' || said.get(part.name) === told(part)) continue
      said.set(part.name, told(part))
      say(part.name, told(part))
      nextLine = Date.now() + SAY_EVERY_MS
    }
    if (parts.some(({ name }) => name === lastPart(settings)) && parts.every(isSettled)) return parts
    if (Date.now() > nextLine) {
      nextLine = Date.now() + SAY_EVERY_MS
      const names = parts.filter((part) => !isSettled(part)).map(({ name }) => name)
      say('wait', names.length === 0 ? 'for the next part' : `for ${names.join(', ')}`)
    }
    await delay(LOOK_MS, undefined, { signal })
  }
}

const answerOf = async (url: string): Promise<Response | undefined> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(QUESTION_MS) })
    await response.arrayBuffer()
    return response
  } catch {
    return undefined
  }
}

const HOW = '"npm run stop", then the same command again, which starts a system as it needs it'

/** @throws Failure with what to do when the system that runs is not one in which this can be proven */
const requireFit = async (settings: Settings, parts: readonly PartState[], rules: Rules): Promise<void> => {
  const port = (name: (typeof SERVICE_NAMES)[number], kind: 'http' | 'management'): string =>
    `http://127.0.0.1:${settings.servicePorts[name][kind]}`
  if (!parts.some(({ name }) => name === 'postgres-exporter')) {
    throw new Failure(`Pharos runs in this checkout without its ops stack: ${HOW}.`)
  }
  const inForce = rulesInForce(settings)
  if (inForce !== rules) {
    const other = rules === 'real' ? 'leave out --real' : 'add --real'
    throw new Failure(`Pharos runs in this checkout with the ${inForce} rules: ${other}, or ${HOW}.`)
  }
  for (const name of SERVICE_NAMES) {
    const answer = await answerOf(`${port(name, 'management')}/faults`)
    if (answer?.ok === true) continue
    const what = answer === undefined ? `${name} does not answer` : 'Pharos runs in this checkout without FAULTS=on'
    throw new Failure(`${what}: ${HOW}.`)
  }
  const answer = await answerOf(`${port('gateway', 'http')}/api/v1/posts/list?limit=1`)
  if (answer?.headers.has('ratelimit-limit') !== true) {
    throw new Failure(`Pharos runs in this checkout without limits (RATE_LIMIT=off): ${HOW}.`)
  }
}

/** How the system is started: everything is on that is to be proven, whatever `.env` says. */
const environmentOf = (rules: Rules): NodeJS.ProcessEnv => ({
  ...process.env,
  FAULTS: 'on',
  RATE_LIMIT: 'on',
  PHAROS_RULES: rules,
  PHAROS_GRAFANA: 'api',
})

const startChild = (logFile: string, rules: Rules, keep: boolean): ChildProcess => {
  const args = [START, '--ops']
  const [command, words] = keep ? [process.execPath, args] : guarded(process.execPath, args)
  const log = openSync(logFile, 'a')
  // Its own process group: Ctrl-C reaches only us, and what is broken is repaired before the system ends.
  const child = spawn(command, words, { env: environmentOf(rules), stdio: ['ignore', log, log], detached: true })
  closeSync(log)
  return child
}

/** The system that is proven; disposing of it stops it if it was started for this and is not to be kept. */
export type ProofSystem = AsyncDisposable & { parts: readonly PartState[]; isOurs: boolean }

const stopSystem = async (identity: ProcessIdentity, { home }: Settings, say: Say): Promise<void> => {
  const began = Date.now()
  say('stop', 'stopping the system that was started for this')
  signalProcess(identity, 'SIGTERM')
  while (isAlive(identity) && Date.now() < began + STOP_MS) await delay(LOOK_MS)
  signalProcess(identity, 'SIGKILL')
  await sweep(join(home, 'run'))
  say('stop', 'everything is stopped')
}

/**
 * Uses the system that runs in this checkout, or starts one; resolves when every part has come or was left out. With empty
 * caches Loki, Tempo and the collector are built first, which takes half an hour.
 * @throws Failure when the one that runs does not fit, or none can be started
 */
export const openSystem = async (o: Wait & { rules: Rules; keep: boolean; folder: string }): Promise<ProofSystem> => {
  const { settings, say, rules, keep, folder } = o
  if (isRunning(settings)) {
    say('system', 'one runs in this checkout: it is used')
    const gone = (): string | undefined => (isRunning(settings) ? undefined : 'The system that ran here has ended.')
    const parts = await untilSettled({ ...o, ended: gone })
    await requireFit(settings, parts, rules)
    return { parts, isOurs: false, [Symbol.asyncDispose]: async () => {} }
  }
  mkdirSync(folder, { recursive: true })
  const logFile = join(folder, 'start.log')
  say('system', `starting one; what it says is in ${logFile}`)
  const child = startChild(logFile, rules, keep)
  let end: string | undefined
  child.once('exit', (code, signal) => (end = signal ?? `exit code ${code}`))
  child.once('error', (error) => (end = error.message))
  const ended = (): string | undefined =>
    end === undefined ? undefined : `The system ended (${end}):\n${tailOf(logFile, 5)}`
  // Now, because later another process may have its number.
  const identity = child.pid === undefined ? undefined : identityOf(child.pid)
  const stop = async (): Promise<void> => identity && stopSystem(identity, settings, say)
  try {
    const parts = await untilSettled({ ...o, ended })
    await requireFit(settings, parts, rules)
    if (keep) child.unref()
    return { parts, isOurs: true, [Symbol.asyncDispose]: keep ? async () => {} : stop }
  } catch (error) {
    await stop()
    throw error
  }
}
