import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Server } from './components/server.ts'
import { sentenceOf } from './failure.ts'
import { describeExit, type Exit, type ManagedProcess } from './managed-process.ts'
import { identityOf, signalProcess } from './process-identity.ts'
import type { Say } from './progress.ts'
import { writeRunState, type PartState } from './run-state.ts'
import { sweep } from './sweep.ts'

export type Part = {
  name: string
  /** Parts that must be ready first; names that are not part of this run are ignored. */
  after: readonly string[]
  /** Starts a server, or does a job and returns nothing. `note` tells what takes long. */
  start: (note: (message: string) => void) => Promise<Server | undefined>
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
/** A process that ran this long is taken for healthy: its next crash starts with the shortest pause again. */
const HEALTHY_MS = 60_000

/**
 * Starts parts in the order of their needs, as many at once as that allows, keeps them running, and stops them in the
 * reverse order. What happens is told by `say` and kept in the home's run state.
 */
export class Supervisor {
  readonly #home: string
  readonly #say: Say
  readonly #startedAt = new Date().toISOString()
  readonly #parts = new Map<string, { part: Part; state: PartState; server?: Server | undefined }>()
  #stopping = false
  #ending: Promise<void> | undefined

  constructor(o: { home: string; say: Say }) {
    this.#home = o.home
    this.#say = o.say
    mkdirSync(this.runFolder, { recursive: true })
  }

  get runFolder(): string {
    return join(this.#home, 'run')
  }

  #set(name: string, change: Partial<PartState>): void {
    const entry = this.#parts.get(name)
    if (entry === undefined) return
    const moved = change.state !== undefined && change.state !== entry.state.state
    Object.assign(entry.state, moved ? { detail: undefined, since: new Date().toISOString() } : {}, change)
    const parts = [...this.#parts.values()].map(({ state }) => state)
    writeRunState(this.#home, { supervisor: identityOf(process.pid), startedAt: this.#startedAt, parts })
  }

  #add(part: Part): void {
    const state: PartState = { name: part.name, state: 'waiting', since: new Date().toISOString(), restarts: 0 }
    this.#parts.set(part.name, { part, state })
  }

  /** Starts all parts; throws the first failure after the starts under way have settled. */
  async up(parts: readonly Part[]): Promise<void> {
    for (const part of parts) this.#add(part)
    const starts = new Map<string, Promise<void>>()
    let failed = false
    const start = async (part: Part): Promise<void> => {
      await Promise.all(part.after.flatMap((name) => starts.get(name) ?? []))
      if (failed || this.#stopping) return
      try {
        await this.#start(part)
      } catch (error) {
        failed = true
        throw error
      }
    }
    // A part may name only parts before it in the list, so its needs are always there to wait for.
    for (const part of parts) starts.set(part.name, start(part))
    const results = await Promise.allSettled(starts.values())
    const failure = results.find((result) => result.status === 'rejected')
    if (failure !== undefined) throw failure.reason
  }

  /** Starts a part that nothing depends on; when it cannot be, one sentence says so, and all else goes on. */
  async optional(part: Part): Promise<boolean> {
    if (this.#stopping) return false
    this.#add(part)
    try {
      await this.#start(part)
      return true
    } catch (error) {
      if (this.#stopping) return false
      const sentence = sentenceOf(error)
      this.#set(part.name, { state: 'skipped', detail: sentence })
      this.#say(part.name, `left out: ${sentence}`)
      return false
    }
  }

  async #start(part: Part): Promise<void> {
    const { name } = part
    const begun = performance.now()
    this.#set(name, { state: 'starting' })
    const server = await part.start((message) => {
      this.#set(name, { detail: message })
      this.#say(name, message)
    })
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    const entry = this.#parts.get(name)
    if (entry !== undefined) entry.server = server
    if (server === undefined) {
      this.#set(name, { state: 'done' })
      this.#say(name, `done (${seconds} s)`)
      return
    }
    this.#watch(name, server.process)
    const { url, port, logFile } = server
    // The address may hold a password; only where it leads is kept.
    const shown = url.includes('@') || !url.startsWith('http') ? undefined : url
    this.#set(name, { state: 'ready', process: server.process.identity, url: shown, port, logFile })
    this.#say(name, `ready (${seconds} s)`)
  }

  #watch(name: string, process: ManagedProcess): void {
    let pauseMs = FIRST_PAUSE_MS
    let startedAt = performance.now()
    process.onCrash = (exit) => {
      if (performance.now() - startedAt > HEALTHY_MS) pauseMs = FIRST_PAUSE_MS
      void this.#bringBack(name, process, exit, () => {
        const pause = pauseMs
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
        return pause
      }).then(() => {
        startedAt = performance.now()
      })
    }
  }

  async #bringBack(name: string, process: ManagedProcess, exit: Exit, nextPause: () => number): Promise<void> {
    let reason = `ended (${describeExit(exit)})`
    while (!this.#stopping) {
      const pause = nextPause()
      const restarts = (this.#parts.get(name)?.state.restarts ?? 0) + 1
      this.#set(name, { state: 'restarting', detail: reason, restarts, process: undefined })
      this.#say(name, `${reason}; starting it again in ${pause / 1000} s (log: ${process.spec.logFile})`)
      await delay(pause)
      if (this.#stopping) return
      try {
        await process.start()
        this.#set(name, { state: 'ready', process: process.identity })
        this.#say(name, 'ready again')
        return
      } catch (error) {
        reason = sentenceOf(error).split('\n')[0] ?? ''
      }
    }
  }

  /** Sends a signal to the server of a part, if it runs. */
  signal(name: string, signal: NodeJS.Signals): void {
    const identity = this.#parts.get(name)?.server?.process.identity
    if (identity !== undefined) signalProcess(identity, signal)
  }

  /** Stops the server of a part and starts another in its place. */
  async replace(name: string, start: Part['start']): Promise<void> {
    const entry = this.#parts.get(name)
    if (entry === undefined) return
    await entry.server?.stop()
    await this.#start({ ...entry.part, start })
  }

  /** Stops everything, dependents first; nothing is left when it resolves. */
  down(): Promise<void> {
    this.#ending ??= this.#down()
    return this.#ending
  }

  async #down(): Promise<void> {
    this.#stopping = true
    const stops = new Map<string, Promise<void>>()
    const stop = (name: string): Promise<void> => {
      const known = stops.get(name)
      if (known !== undefined) return known
      const dependents = [...this.#parts.values()].filter(({ part }) => part.after.includes(name))
      const stopped = Promise.all(dependents.map(({ part }) => stop(part.name))).then(() => this.#stop(name))
      stops.set(name, stopped)
      return stopped
    }
    await Promise.all([...this.#parts.keys()].map(stop))
    // What was just being started is known only by its pid file.
    await sweep(this.runFolder)
  }

  async #stop(name: string): Promise<void> {
    const server = this.#parts.get(name)?.server
    if (server === undefined) return
    const begun = performance.now()
    this.#set(name, { state: 'stopping' })
    await server.stop()
    this.#set(name, { state: 'stopped', process: undefined })
    this.#say(name, `stopped (${((performance.now() - begun) / 1000).toFixed(1)} s)`)
  }

  /** Kills everything at once. */
  async abort(): Promise<void> {
    this.#stopping = true
    const servers = [...this.#parts.values()].flatMap(({ server }) => (server === undefined ? [] : [server]))
    await Promise.all(servers.map((server) => server.kill()))
    await sweep(this.runFolder)
  }
}
