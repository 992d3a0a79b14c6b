import { spawn, type ChildProcess } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { constants, setPriority } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Failure } from './failure.ts'
import { descendantsOf, identityOf, isAlive, signalProcess, type ProcessIdentity } from './process-identity.ts'
import { findProgram } from './programs.ts'

type Environment = Readonly<Record<string, string>>

export type ProcessSpec = {
  name: string
  command: string
  args: readonly string[]
  /** The whole environment: nothing is inherited but PATH and the locale. A function is asked at each start. */
  env?: Environment | (() => Environment)
  cwd?: string
  user?: { uid: number; gid: number } | undefined
  /** Output is appended here. */
  logFile: string
  /** Where its identity is kept while it runs, for the sweep after a crash of the one who started it. */
  pidFile?: string | undefined
  stopSignal?: NodeJS.Signals
  stopTimeoutMs?: number
  /** One probe: resolves when the process serves, throws while it does not. */
  ready?: () => Promise<void>
  readyTimeoutMs?: number
  /** Runs at the lowest priority. */
  quiet?: boolean
}

export type Exit = { code: number | null; signal: NodeJS.Signals | null }

const LOG_LIMIT_BYTES = 20 * 1024 * 1024
const setpriv = process.platform === 'linux' ? findProgram('setpriv') : undefined

export const describeExit = (exit: Exit): string =>
  exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`

const rotate = (file: string): void => {
  if (existsSync(file) && statSync(file).size > LOG_LIMIT_BYTES) renameSync(file, `${file}.1`)
}

/** The last lines of a log, from byte `from` on. */
export const tailOf = (file: string, lines: number, from = 0): string => {
  try {
    return readFileSync(file).subarray(from).toString('utf8').trimEnd().split('\n').slice(-lines).join('\n')
  } catch {
    return ''
  }
}

/** What a child gets of our environment; everything else it is told by its spec. */
export const baseEnvironment = (): Record<string, string> => {
  const kept: Record<string, string> = {}
  for (const name of ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'JAVA_HOME']) {
    const value = process.env[name]
    if (value !== undefined) kept[name] = value
  }
  return kept
}

/** The command line for a child to which the kernel sends `signal` when this process ends, also by SIGKILL (Linux). */
export const guarded = (
  command: string,
  args: readonly string[],
  signal: NodeJS.Signals = 'SIGTERM',
): [string, readonly string[]] =>
  setpriv === undefined ? [command, args] : [setpriv, ['--pdeathsig', signal.slice(3), '--', command, ...args]]

/**
 * One child process with a log, a readiness probe and an end: it never outlives the process that started it (Linux), and
 * `stop` and `kill` return only when it and everything below it is gone.
 */
export class ManagedProcess {
  readonly spec: ProcessSpec
  /** Called when the process ends without having been asked to, once it had become ready. */
  onCrash: ((exit: Exit) => void) | undefined
  #child: ChildProcess | undefined
  #identity: ProcessIdentity | undefined
  #exit: Promise<Exit> = Promise.resolve({ code: 0, signal: null })
  #expected = true

  constructor(spec: ProcessSpec) {
    this.spec = spec
  }

  get pid(): number | undefined {
    return this.running ? this.#identity?.pid : undefined
  }

  get identity(): ProcessIdentity | undefined {
    return this.#identity
  }

  get running(): boolean {
    return this.#identity !== undefined && isAlive(this.#identity)
  }

  /** Resolves when the process that runs now has ended. */
  get exited(): Promise<Exit> {
    return this.#exit
  }

  /** Starts it and resolves when it is ready; throws a Failure with its last words when it ends or hangs before that. */
  async start(): Promise<void> {
    if (this.running) return
    const { spec } = this
    mkdirSync(dirname(spec.logFile), { recursive: true })
    rotate(spec.logFile)
    const logStart = existsSync(spec.logFile) ? statSync(spec.logFile).size : 0
    const child = this.#spawn()
    this.#expected = true
    try {
      await this.#untilReady(child, logStart)
    } catch (error) {
      await this.kill()
      throw error
    }
    this.#expected = false
    void this.#exit.then((exit) => {
      if (!this.#expected && this.#child === child) this.onCrash?.(exit)
    })
  }

  #spawn(): ChildProcess {
    const { spec } = this
    const [command, args] = guarded(spec.command, spec.args, spec.stopSignal)
    const log = openSync(spec.logFile, 'a')
    // Its own process group: Ctrl-C in the terminal reaches only us, and we stop things in order.
    const child = spawn(command, args, {
      cwd: spec.cwd,
      env: { ...baseEnvironment(), ...(typeof spec.env === 'function' ? spec.env() : spec.env) },
      stdio: ['ignore', log, log],
      detached: true,
      ...spec.user,
    })
    closeSync(log)
    this.#child = child
    this.#exit = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
      child.once('error', () => resolve({ code: 127, signal: null }))
    })
    if (child.pid === undefined) return child
    this.#identity = identityOf(child.pid)
    if (spec.quiet) setPriority(child.pid, constants.priority.PRIORITY_LOW)
    if (spec.pidFile !== undefined) {
      mkdirSync(dirname(spec.pidFile), { recursive: true })
      writeFileSync(spec.pidFile, JSON.stringify({ ...this.#identity, name: spec.name, signal: spec.stopSignal }))
    }
    return child
  }

  async #untilReady(child: ChildProcess, logStart: number): Promise<void> {
    const { name, logFile, ready, readyTimeoutMs = 30_000 } = this.spec
    const lastWords = (): string => tailOf(logFile, 5, logStart)
    let ended: Exit | undefined
    void this.#exit.then((exit) => (ended = exit))
    const deadline = performance.now() + readyTimeoutMs
    let reason: unknown
    for (let pause = 20; ; pause = Math.min(pause * 1.3, 150)) {
      if (ended !== undefined || child.pid === undefined) {
        const how = ended === undefined ? 'not found' : describeExit(ended)
        throw new Failure(`${name} ended while starting (${how}; log: ${logFile}):\n${lastWords()}`)
      }
      try {
        await ready?.()
        return
      } catch (error) {
        reason = error
      }
      if (performance.now() > deadline) {
        const why = reason instanceof Error ? reason.message : String(reason)
        throw new Failure(
          `${name} was not ready after ${readyTimeoutMs / 1000} s (${why}; log: ${logFile}):\n${lastWords()}`,
        )
      }
      await delay(pause)
    }
  }

  /** Asks it to end, and kills it when it has not done so in time. */
  async stop(): Promise<void> {
    const { stopSignal = 'SIGTERM', stopTimeoutMs = 10_000 } = this.spec
    this.#expected = true
    if (this.#identity !== undefined && signalProcess(this.#identity, stopSignal)) {
      const timer = new AbortController()
      const late = delay(stopTimeoutMs, undefined, { signal: timer.signal }).catch(() => undefined)
      await Promise.race([this.#exit, late])
      timer.abort()
    }
    await this.kill()
  }

  /** SIGKILL for the process and everything below it. */
  async kill(): Promise<void> {
    this.#expected = true
    const identity = this.#identity
    if (identity !== undefined && isAlive(identity)) {
      const below = descendantsOf(identity.pid)
      signalProcess(identity, 'SIGKILL')
      for (const child of below) signalProcess(child, 'SIGKILL')
      await this.#exit
      while (below.some(isAlive)) await delay(5)
    }
    if (this.spec.pidFile !== undefined) rmSync(this.spec.pidFile, { force: true })
  }
}
