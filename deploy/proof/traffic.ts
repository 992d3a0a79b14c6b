import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Failure } from '../local/failure.ts'
import { guarded, tailOf } from '../local/managed-process.ts'
import type { Say } from '../local/progress.ts'

const MAIN = fileURLToPath(new URL('../traffic/main.ts', import.meta.url))
const PEOPLE = 100
/** Longer than any proof. A day that long has no rush hour within one: the rate stays the same. */
const SECONDS = 9_999_999
const LOOK_MS = 200
const PAUSE_MS = 3000
const STOP_MS = 20_000
const MOST_RESTARTS = 10
/** Said when all are signed in. */
const BEGUN = 'correlation ids are'

type Place = { folder: string; say: Say; signal: AbortSignal }

// A process of its own has an event loop of its own: what we do does not make people slow, nor they us.
const start = (args: readonly string[], logFile: string): ChildProcess => {
  const [command, words] = guarded(process.execPath, [MAIN, ...args])
  const log = openSync(logFile, 'a')
  const child = spawn(command, words, { stdio: ['ignore', log, log], detached: true })
  closeSync(log)
  return child
}

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

const end = async (child: ChildProcess): Promise<void> => {
  if (isOver(child)) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = new AbortController()
  await Promise.race([exited, delay(STOP_MS, undefined, { signal: timer.signal }).catch(() => undefined)])
  timer.abort()
  if (isOver(child)) return
  child.kill('SIGKILL')
  await exited
}

/** Makes the people who use the platform, where they are not there yet. @throws Failure with what was refused */
export const seedPeople = async ({ folder, say, signal }: Place): Promise<void> => {
  const logFile = join(folder, 'seed.log')
  say('seed', `${PEOPLE} people`)
  const child = start(['seed', '--users', String(PEOPLE)], logFile)
  try {
    await once(child, 'exit', { signal })
  } finally {
    await end(child)
  }
  if (child.exitCode !== 0) throw new Failure(`Nobody could be seeded: ${tailOf(logFile, 1)}`)
}

const countOf = (logFile: string): number => readFileSync(logFile, 'utf8').split(BEGUN).length - 1

/**
 * Lets people use the platform steadily, until it is disposed of; resolves when all are signed in. What ends by itself is begun anew: a fault may have
 * taken away what it needs to begin.
 * @throws Failure when it does not begin
 */
export const startTraffic = async ({
  folder,
  say,
  signal,
  rate,
}: Place & { rate: number }): Promise<AsyncDisposable> => {
  const logFile = join(folder, 'traffic.log')
  const numbers = { rate, users: PEOPLE, seconds: SECONDS, day: SECONDS }
  const args = ['run', ...Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)])]
  let child: ChildProcess
  let restarts = 0
  let isStopping = false

  const begin = (): void => {
    child = start(args, logFile)
    child.once('exit', () => {
      if (isStopping) return
      restarts += 1
      const isLast = restarts > MOST_RESTARTS
      say('traffic', `ended by itself (${tailOf(logFile, 1)}); ${isLast ? 'given up' : 'beginning it again'}`)
      if (isLast) return
      setTimeout(() => void (isStopping || begin()), PAUSE_MS).unref()
    })
  }
  const stop = async (): Promise<void> => {
    isStopping = true
    await end(child)
  }

  say('traffic', `${rate} requests per second of ${PEOPLE} people`)
  begin()
  try {
    while (countOf(logFile) === 0) {
      if (restarts >= 2) throw new Failure(`There is no traffic: ${tailOf(logFile, 1)}`)
      await delay(LOOK_MS, undefined, { signal })
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { [Symbol.asyncDispose]: stop }
}
